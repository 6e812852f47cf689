// REP-02: how fast is a projection built anew, on one core, beside the one that is read? Against reading the log alone.
#include <CLI/CLI.hpp>

#include "actors/directory_view.hpp"
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
  std::size_t entities = 10'000;
  std::size_t per_commit = 1'024;
};

bench::measurement rate(std::uint64_t wanted, std::uint64_t seen, bench::clock::time_point begin) {
  bench::measurement out;
  out.value = static_cast<double>(seen) / bench::seconds_since(begin);
  if (seen != wanted) bench::give_up("read " + std::to_string(seen) + " records of " + std::to_string(wanted));
  return out;
}

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

bench::measurement rebuild(journal::partition_log& log, const question& q) {
  const auto begin = bench::clock::now();
  const auto built = actors::directory_view::rebuild(log, [](core::gseq) {});
  if (!built) bench::give_up("rebuild: " + built.error().text());
  return rate(q.records, built->value, begin);
}

void answer(const bench::options& o, const question& q) {
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  const bench::scratch directory{o, "projection_rebuild"};
  {
    bench::append_source source{from, q.entities};
    bench::fill(*bench::open_journal(directory.path()), source, q.records, q.per_commit);
  }
  const auto log = bench::open_journal(directory.path());
  bench::contender made;
  bench::contender read;
  rebuild(*log, q);
  scan(*log, q);
  const bench::noise_meter noise;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    made.add(rebuild(*log, q));
    read.add(scan(*log, q));
  }
  bench::parameters p;
  p.add("records", static_cast<double>(q.records)).add("entities", static_cast<double>(q.entities));
  p.add("records_per_commit", static_cast<double>(q.per_commit)).add("rounds", static_cast<double>(o.rounds));
  bench::print({"projection_rebuild", p, "records/s", std::move(made), "log_scan", &read, noise.share()}, m);
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "A projection built anew on one core (REP-02).", [&](CLI::App& app) {
    app.add_option("--records", q.records, "in the log");
    app.add_option("--entities", q.entities, "that they belong to");
    app.add_option("--per-commit", q.per_commit, "records in each commit");
  });
  answer(o, q);
}
