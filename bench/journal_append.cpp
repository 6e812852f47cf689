// PERF-1: how many durable appends a second does the journal take, with CRC, chain, Merkle tree and index, and how long
// does each one wait? Against the same payloads written raw, and against SQLite.
#include <CLI/CLI.hpp>

#include "bench/support/baselines.hpp"
#include "bench/support/closed_loop.hpp"
#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"
#include "journal/committer.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 16'384;
constexpr double warm_up_seconds = 0.3;

/// The journal behind its committer, as a node has it.
class committed_journal {
 public:
  committed_journal(const std::filesystem::path& directory, const bench::payloads& from, std::size_t entities,
                    int compression)
      : source_(from, entities) {
    journal::log_settings settings;
    settings.compression_level = compression;
    log_ = bench::open_journal(directory, nullptr, settings);
    commits_ = std::make_unique<journal::committer>(*log_, journal::admission_limits{}, nullptr);
  }

  bench::measurement append(std::size_t in_flight, double seconds) {
    bench::closed_loop loop{in_flight};
    return loop.run(seconds, [&](std::size_t slot) {
      auto admitted = commits_->submit(source_.next(), [&loop, slot](const journal::result<journal::appended>& done) {
        if (!done) bench::give_up("append: " + done.error().text());
        loop.ended(slot);
      });
      if (!admitted) bench::give_up("submit: " + admitted.error().text());
    });
  }

 private:
  bench::append_source source_;
  std::unique_ptr<journal::partition_log> log_;
  std::unique_ptr<journal::committer> commits_;
};

struct question {
  std::vector<std::size_t> in_flight{1, 64, 1024};
  std::size_t entities = 1'000;
  int compression = journal::log_settings{}.compression_level;
};

void answer(const bench::options& o, const question& q, std::size_t in_flight, const bench::payloads& from,
            const bench::machine& m) {
  const bench::scratch directory{o, "journal_append"};
  committed_journal journal{directory.path(), from, q.entities, q.compression};
  bench::sqlite_log sqlite{directory.path()};
  journal.append(in_flight, warm_up_seconds);
  sqlite.append(from, in_flight, warm_up_seconds);

  bench::contender product, raw, full;
  const bench::noise_meter noise;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    product.add(journal.append(in_flight, o.seconds));
    raw.add(bench::append_raw(directory.path(), from, in_flight, o.seconds));
    full.add(sqlite.append(from, in_flight, o.seconds));
  }
  bench::parameters p;
  p.add("in_flight", static_cast<double>(in_flight)).add("payload_bytes", bench::payload_bytes);
  p.add("payload_msgpack_bytes", from.msgpack_bytes_mean()).add("payload_zstd1_share", from.compressed_share());
  p.add("entities", static_cast<double>(q.entities)).add("compression_level", q.compression);
  p.add("rounds", static_cast<double>(o.rounds)).add("seconds", o.seconds);
  bench::print({"journal_append", p, "records/s", product, "raw_fdatasync", &raw, noise.share()}, m);
  bench::print({"journal_append", p, "records/s", product, "sqlite_full", &full, noise.share()}, m);
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "Durable appends to the journal (PERF-1).", [&](CLI::App& app) {
    app.add_option("--in-flight", q.in_flight, "unacknowledged appends at any time");
    app.add_option("--entities", q.entities, "that appends are spread over");
    app.add_option("--compression", q.compression, "zstd level of frames");
  });
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  for (const std::size_t in_flight : q.in_flight)
    answer(o, q, in_flight, from, m);
}
