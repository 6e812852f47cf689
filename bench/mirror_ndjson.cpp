// PERF-8, NDJSON: how fast does the mirror catch up, from the log to signed lines on the disk, sealed shards included?
// Against as many bytes written raw and synced as often.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/ndjson/mirror.hpp"
#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"
#include "journal/merkle.hpp"
#include "journal/record.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 16'384;
constexpr std::size_t records_per_batch = 1'000;  // as actors/limits.hpp has it

struct question {
  std::uint64_t records = 200'000;
  std::size_t entities = 1'000;
};

std::uint64_t bytes_in(const std::filesystem::path& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator{directory})
    bytes += entry.file_size();
  return bytes;
}

ndjson::options options_for(const std::filesystem::path& directory, int zstd_level) {
  ndjson::options options;
  options.directory = directory;
  options.site = journal::log_settings{}.site;
  options.key = *ndjson::line_key::from_raw(std::string(32, 'k'));
  options.site_key = *journal::site_key::from_seed(std::string(32, 'b'));
  options.zstd_level = zstd_level;
  options.clock = actors::wall_clock;
  return options;
}

/// Follows the whole log, batch by batch, as the node's follower does.
void follow(const journal::partition_log& log, ndjson::mirror& to) {
  auto at = to.open();
  if (!at) bench::give_up("opening the mirror: " + at.error().text());
  std::string bytes;
  std::vector<std::size_t> ends;
  std::vector<journal::record_view> views;
  for (const core::gseq head = log.head().position; at->position < head;) {
    bytes.clear();
    ends.clear();
    const auto read = log.scan(core::next(at->position), [&](const journal::record_view& r) {
      bytes += r.bytes;
      ends.push_back(bytes.size());
      return ends.size() < records_per_batch;
    });
    if (!read) bench::give_up("scan: " + read.error().text());
    views.assign(ends.size(), {});
    journal::mirror_position after = *at;
    for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
      if (!journal::read_record(std::string_view{bytes}.substr(begin, ends[i] - begin), views[i]))
        bench::give_up("a record that does not read back");
      after = {views[i].position, journal::chain_hash(after.chain, journal::leaf_hash(views[i].bytes))};
    }
    if (auto written = to.append(views, after); !written) bench::give_up("append: " + written.error().text());
    *at = after;
  }
}

bench::measurement catch_up(const journal::partition_log& log, const std::filesystem::path& directory, int zstd_level,
                            std::uint64_t& line_bytes) {
  std::filesystem::remove_all(directory);
  bench::measurement out;
  const double cpu_before = bench::cpu_seconds();
  const auto begin = bench::clock::now();
  {
    ndjson::mirror to{options_for(directory, zstd_level)};
    follow(log, to);
  }
  const double seconds = bench::seconds_since(begin);
  if (zstd_level == 0) line_bytes = bytes_in(directory);
  out.value = static_cast<double>(line_bytes) / seconds / 1e6;
  out.cpu_us = (bench::cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(log.head().position.value);
  std::filesystem::remove_all(directory);
  return out;
}

bench::measurement write_raw(const std::filesystem::path& path, std::uint64_t bytes, std::uint64_t batches) {
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (file < 0) bench::give_up("cannot create " + path.string());
  const std::string batch(bytes / batches, 'x');
  const auto begin = bench::clock::now();
  for (std::uint64_t i = 0; i < batches; ++i)
    if (::write(file, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size()) || ::fdatasync(file) != 0)
      bench::give_up("cannot write " + path.string());
  bench::measurement out;
  out.value = static_cast<double>(batch.size() * batches) / bench::seconds_since(begin) / 1e6;
  ::close(file);
  std::filesystem::remove(path);
  return out;
}

void answer(const bench::options& o, const question& q) {
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  const bench::scratch directory{o, "mirror_ndjson"};
  bench::append_source source{from, q.entities};
  const auto log = bench::open_journal(directory.path());
  bench::fill(*log, source, q.records, records_per_batch);

  bench::contender plain, packed, raw;
  const bench::noise_meter noise;
  std::uint64_t line_bytes = 0;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    plain.add(catch_up(*log, directory.path() / "plain", 0, line_bytes));
    packed.add(catch_up(*log, directory.path() / "packed", 3, line_bytes));
    raw.add(write_raw(directory.path() / "raw", line_bytes, q.records / records_per_batch));
  }
  for (auto* product : {&plain, &packed}) {
    bench::parameters p;
    p.add("shards", product == &plain ? "plain" : "zstd 3").add("records", static_cast<double>(q.records));
    p.add("line_bytes", static_cast<double>(line_bytes) / static_cast<double>(q.records));
    p.add("payload_bytes", bench::payload_bytes).add("rounds", static_cast<double>(o.rounds));
    bench::print({"mirror_ndjson", p, "MB/s of lines", std::move(*product), "raw_fdatasync", &raw, noise.share()}, m);
  }
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "Catching up of the NDJSON mirror (PERF-8).", [&](CLI::App& app) {
    app.add_option("--records", q.records, "in the log");
    app.add_option("--entities", q.entities, "that they belong to");
  });
  answer(o, q);
}
