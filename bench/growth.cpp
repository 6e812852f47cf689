// PERF-11: does an append, or a look-up, cost more in a long log than in a short one, and how many bytes does a record
// take on disk?
#include <functional>

#include <CLI/CLI.hpp>

#include "bench/support/baselines.hpp"
#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 65'536;
constexpr std::size_t per_commit = 1'024;

struct question {
  std::uint64_t first = 1'000'000;
  std::uint64_t records = 4'000'000;
  std::size_t entities = 10'000;
  std::size_t look_ups = 5'000;
};

/// A kind of look-up, and what it cost when the log was short.
struct look_up {
  std::string name;
  std::function<bool(const journal::partition_log&, core::draw_source&)> find;
  bench::contender first = {};
};

std::vector<look_up> look_ups(const bench::append_source& source) {
  const auto any_entity = [&source](core::draw_source& draws) { return draws.next() % source.entities(); };
  return {{"last_sequence",
           [&source, any_entity](const journal::partition_log& log, core::draw_source& draws) {
             const std::size_t n = any_entity(draws);
             const auto last = log.last_sequence(source.entity(n));
             return last && *last == source.last(n);
           }},
          {"newest_record_of_entity",
           [&source, any_entity](const journal::partition_log& log, core::draw_source& draws) {
             const std::size_t n = any_entity(draws);
             core::eseq found;
             const auto read = log.read_entity(source.entity(n), source.last(n), [&](const core::record& r) {
               found = r.sequence;
               return true;
             });
             return read && found == source.last(n);
           }},
          {"record_at_position", [](const journal::partition_log& log, core::draw_source& draws) {
             const core::gseq wanted{1 + draws.next() % log.head().position.value};
             core::gseq found;
             const auto read = log.read(wanted, [&](const core::record& r) {
               found = r.position;
               return false;
             });
             return read && found == wanted;
           }}};
}

bench::measurement time_look_ups(const journal::partition_log& log, const look_up& kind, std::size_t count) {
  core::draw_source draws{log.head().position.value};
  bench::measurement out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = bench::clock::now();
    if (!kind.find(log, draws)) bench::give_up("look-up " + kind.name + " did not find what was appended");
    out.latency.add(bench::seconds_since(begin) * 1e6);
  }
  out.value = out.latency.quantile(0.5);
  return out;
}

class growing_log {
 public:
  growing_log(const bench::options& o, const question& q)
      : o_(o),
        q_(q),
        m_(o.directory),
        directory_(o, "growth"),
        from_(distinct_payloads),
        source_(from_, q.entities),
        log_(bench::open_journal(directory_.path())),
        kinds_(look_ups(source_)) {}

  /// Marks at 1, 2, 4 … times the first, the last at all records.
  void run() {
    for (std::uint64_t mark = q_.first;; mark = std::min(mark * 2, q_.records)) {
      bench::fill(*log_, source_, mark - log_->head().position.value, per_commit);
      look_at(mark);
      if (mark == q_.records) break;
    }
    const double records = static_cast<double>(log_->head().position.value);
    log_.reset();
    bench::contender disk;
    bench::measurement bytes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory_.path() / "journal"})
      if (entry.is_regular_file()) bytes.value += static_cast<double>(entry.file_size());
    bytes.value /= records;
    disk.add(std::move(bytes));
    bench::print({"growth", parameters("disk", records), "bytes/record", disk}, m_);
  }

 private:
  bench::parameters parameters(const std::string& what, double records) const {
    bench::parameters p;
    p.add("what", what).add("records", records).add("entities", static_cast<double>(q_.entities));
    return p.add("payload_bytes", bench::payload_bytes).add("payload_zstd1_share", from_.compressed_share());
  }

  void look_at(std::uint64_t mark) {
    bench::contender appended, raw;
    const bench::noise_meter noise;
    for (std::size_t round = 0; round < o_.rounds; ++round) {
      appended.add(append(o_.seconds));
      raw.add(bench::append_raw(directory_.path(), from_, per_commit, o_.seconds));
    }
    auto p = parameters("append", static_cast<double>(mark)).add("records_per_commit", per_commit);
    bench::print({"growth", p, "records/s", std::move(appended), "raw_fdatasync", &raw, noise.share()}, m_);
    for (auto& kind : kinds_) {
      bench::contender now;
      for (std::size_t round = 0; round < o_.rounds; ++round)
        now.add(time_look_ups(*log_, kind, q_.look_ups));
      if (kind.first.rounds.empty()) kind.first = now;
      bench::print({"growth", parameters(kind.name, static_cast<double>(mark)), "us", std::move(now),
                    "at_" + std::to_string(q_.first), &kind.first, noise.share()},
                   m_);
    }
  }

  bench::measurement append(double seconds) {
    bench::measurement out;
    std::uint64_t records = 0;
    const double cpu_before = bench::cpu_seconds();
    const auto begin = bench::clock::now();
    while (bench::seconds_since(begin) < seconds) {
      const auto handed_over = bench::clock::now();
      bench::fill(*log_, source_, per_commit, per_commit);
      out.latency.add(bench::seconds_since(handed_over) * 1e6, per_commit);
      records += per_commit;
    }
    out.value = static_cast<double>(records) / bench::seconds_since(begin);
    out.cpu_us = (bench::cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(records);
    return out;
  }

  const bench::options& o_;
  const question& q_;
  bench::machine m_;
  bench::scratch directory_;
  bench::payloads from_;
  bench::append_source source_;
  std::unique_ptr<journal::partition_log> log_;
  std::vector<look_up> kinds_;
};

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o =
      bench::parse_options(argc, argv, "Cost of appends and look-ups as the log grows (PERF-11).", [&](CLI::App& app) {
        app.add_option("--first", q.first, "records at the first mark");
        app.add_option("--records", q.records, "at the last mark; 130 bytes of disk each");
        app.add_option("--entities", q.entities, "that they belong to");
        app.add_option("--look-ups", q.look_ups, "of each kind, at each mark");
      });
  growing_log{o, q}.run();
}
