// PERF-7: how fast does one core read the log back: frames and records alone, with every event decoded, and folded into
// every entity's state? Against a table of SQLite read in process.
#include <array>

#include <CLI/CLI.hpp>

#include "actors/replay.hpp"
#include "bench/support/baselines.hpp"
#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/order_book.hpp"
#include "bench/support/report.hpp"
#include "journal/record.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 16'384;

struct question {
  std::uint64_t records = 1'000'000;
  std::size_t entities = 1'000;
  std::size_t per_commit = 1'024;
};

bench::measurement rate(std::uint64_t wanted, std::uint64_t seen, bench::clock::time_point begin) {
  bench::measurement out;
  out.value = static_cast<double>(seen) / bench::seconds_since(begin);
  if (seen != wanted) bench::give_up("read " + std::to_string(seen) + " records of " + std::to_string(wanted));
  return out;
}

/// Checksums, uncompressed, every field found.
bench::measurement scan(const journal::partition_log& log, const question& q) {
  const auto begin = bench::clock::now();
  std::uint64_t records = 0;
  const auto read = log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    records += r.payload.empty() ? 0 : 1;
    return true;
  });
  if (!read) bench::give_up("scan: " + read.error().text());
  return rate(q.records, records, begin);
}

bench::measurement decode(const journal::partition_log& log, const question& q) {
  const auto begin = bench::clock::now();
  std::uint64_t records = 0;
  const auto read = log.scan(core::gseq{1}, [&](const journal::record_view& r) {
    const auto event = core::from_msgpack<bench::order_added>(r.payload);
    records += event && event->quantity > 0 ? 1 : 0;
    return true;
  });
  if (!read) bench::give_up("scan: " + read.error().text());
  return rate(q.records, records, begin);
}

bench::measurement fold(const journal::partition_log& log, const question& q) {
  const auto begin = bench::clock::now();
  const auto all = actors::replay_all(log, bench::find_order_book, [](core::gseq) {});
  if (!all) bench::give_up("replay: " + all.error().message);
  std::uint64_t records = 0;
  for (const auto& [entity, folded] : *all)
    records += folded.folded;
  return rate(q.records, records, begin);
}

void answer(const bench::options& o, const question& q) {
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  const bench::scratch directory{o, "replay"};
  {
    bench::append_source source{from, q.entities};
    bench::fill(*bench::open_journal(directory.path()), source, q.records, q.per_commit);
  }
  bench::sqlite_log sqlite{directory.path()};
  sqlite.fill(from, q.records);
  const auto log = bench::open_journal(directory.path());

  struct stage {
    std::string name;
    bench::measurement (*run)(const journal::partition_log&, const question&);
    bench::contender done = {};
  };
  std::array stages{stage{"scan", scan}, stage{"scan+decode", decode}, stage{"scan+decode+fold", fold}};
  bench::contender table;
  for (auto& s : stages)
    s.run(*log, q);
  const bench::noise_meter noise;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    for (auto& s : stages)
      s.done.add(s.run(*log, q));
    table.add(sqlite.scan());
  }
  for (auto& s : stages) {
    bench::parameters p;
    p.add("stage", s.name).add("records", static_cast<double>(q.records));
    p.add("entities", static_cast<double>(q.entities)).add("records_per_commit", static_cast<double>(q.per_commit));
    p.add("payload_bytes", bench::payload_bytes).add("rounds", static_cast<double>(o.rounds));
    bench::print({"replay", p, "records/s", std::move(s.done), "sqlite_select", &table, noise.share()}, m);
  }
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "Reading the log back on one core (PERF-7).", [&](CLI::App& app) {
    app.add_option("--records", q.records, "in the log");
    app.add_option("--entities", q.entities, "that they belong to");
    app.add_option("--per-commit", q.per_commit, "records in each commit");
  });
  answer(o, q);
}
