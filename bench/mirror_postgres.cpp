// PERF-8, PostgreSQL: how fast does the mirror catch up, from the log to durable rows? Against COPY's own rate for the
// same bytes: once into a bare table, in one transaction, and once into a table with the mirror's indexes.
#include <CLI/CLI.hpp>

#include "actors/clock.hpp"
#include "adapters/postgres/mirror.hpp"
#include "bench/support/journal.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"
#include "journal/merkle.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 16'384;
constexpr std::size_t records_per_batch = 1'000;  // as actors/limits.hpp has it

struct question {
  std::uint64_t records = 100'000;
  std::size_t entities = 1'000;
  std::string postgres;
};

template <class T>
T must(journal::result<T> done, const char* what) {
  if (!done) bench::give_up(std::string{what} + ": " + done.error().text());
  return *std::move(done);
}

/// Reads the log in batches, as the node's follower does.
template <class Take>
void follow(const journal::partition_log& log, journal::mirror_position at, const Take& take) {
  std::string bytes;
  std::vector<std::size_t> ends;
  std::vector<journal::record_view> views;
  for (const core::gseq head = log.head().position; at.position < head;) {
    bytes.clear();
    ends.clear();
    must(log.scan(core::next(at.position),
                  [&](const journal::record_view& r) {
                    bytes += r.bytes;
                    ends.push_back(bytes.size());
                    return ends.size() < records_per_batch;
                  }),
         "scan");
    views.assign(ends.size(), {});
    const auto before = at.chain;
    for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
      must(journal::read_record(std::string_view{bytes}.substr(begin, ends[i] - begin), views[i]), "record");
      at = {views[i].position, journal::chain_hash(at.chain, journal::leaf_hash(views[i].bytes))};
    }
    take(views, before, at);
  }
}

/// The rows' bytes, as COPY takes them.
std::string copy_data(const journal::partition_log& log) {
  postgres::row_writer rows;
  rows.begin();
  follow(log, {}, [&](const auto& views, core::digest chain, const journal::mirror_position&) {
    for (const auto& r : views) {
      const auto previous = chain;
      chain = journal::chain_hash(chain, journal::leaf_hash(r.bytes));
      must(rows.add(r, previous, chain), "row");
    }
  });
  return std::string{rows.finish()};
}

postgres::server_address address_of(const question& q) {
  postgres::server_address out;
  out.url = q.postgres;
  return out;
}

/// The dead rows and log of one measurement are not to burden the next.
void tidy(const question& q) {
  auto session = must(postgres::connection::open(address_of(q), "bench"), "connect");
  must(session.run(
           "SET ledger.migrating = 'on'; DROP SCHEMA IF EXISTS ledger CASCADE; DROP TABLE IF EXISTS bare, indexed"),
       "tidy");
  must(session.run("CHECKPOINT"), "checkpoint");
}

bench::measurement catch_up(const journal::partition_log& log, const question& q) {
  tidy(q);
  postgres::mirror_options options;
  options.server = address_of(q);
  options.site = journal::log_settings{}.site;
  postgres::mirror to{std::move(options)};
  const auto at = must(to.open(), "open");
  const double cpu_before = bench::cpu_seconds();
  const auto begin = bench::clock::now();
  follow(log, at, [&](const auto& views, const core::digest&, const journal::mirror_position& after) {
    must(to.append(views, after), "append");
  });
  bench::measurement out;
  out.value = static_cast<double>(log.head().position.value) / bench::seconds_since(begin);
  out.cpu_us = (bench::cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(log.head().position.value);
  return out;
}

bench::measurement copy_raw(const std::string& data, std::uint64_t records, const question& q, bool indexed) {
  tidy(q);
  auto session = must(postgres::connection::open(address_of(q), "bench"), "connect");
  must(postgres::migrate(session, "ledger", {}), "migrate");
  must(session.run(indexed ? "CREATE TABLE indexed (LIKE ledger.journal_event INCLUDING INDEXES)"
                           : "CREATE TABLE bare (LIKE ledger.journal_event)"),
       "table");
  const auto begin = bench::clock::now();
  const auto copied = must(session.copy_in("COPY " + std::string{indexed ? "indexed" : "bare"} + " (" +
                                               std::string{postgres::row_columns} + ") FROM STDIN (FORMAT binary)",
                                           data),
                           "copy");
  bench::measurement out;
  out.value = static_cast<double>(copied) / bench::seconds_since(begin);
  if (copied != records) bench::give_up("the server took another number of rows");
  return out;
}

void answer(const bench::options& o, const question& q) {
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  const bench::scratch directory{o, "mirror_postgres"};
  bench::append_source source{from, q.entities};
  const auto log = bench::open_journal(directory.path());
  bench::fill(*log, source, q.records, records_per_batch);
  const std::string data = copy_data(*log);

  bench::contender product, again, bare, indexed;
  const bench::noise_meter noise;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    auto caught_up = catch_up(*log, q);
    again.add(bench::measurement{caught_up});
    product.add(std::move(caught_up));
    bare.add(copy_raw(data, q.records, q, false));
    indexed.add(copy_raw(data, q.records, q, true));
  }
  tidy(q);
  bench::parameters p;
  p.add("records", static_cast<double>(q.records)).add("entities", static_cast<double>(q.entities));
  p.add("row_bytes", static_cast<double>(data.size()) / static_cast<double>(q.records));
  p.add("payload_bytes", bench::payload_bytes).add("per_transaction", static_cast<double>(records_per_batch));
  p.add("rounds", static_cast<double>(o.rounds));
  bench::print({"mirror_postgres", p, "records/s", std::move(product), "copy_bare_table", &bare, noise.share()}, m);
  bench::print({"mirror_postgres", p, "records/s", std::move(again), "copy_same_indexes", &indexed, noise.share()}, m);
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "Catching up of the PostgreSQL mirror (PERF-8).", [&](CLI::App& app) {
    app.add_option("--records", q.records, "in the log");
    app.add_option("--entities", q.entities, "that they belong to");
    app.add_option("--postgres", q.postgres, "the server, by a superuser; the password in PGPASSWORD")->required();
  });
  answer(o, q);
}
