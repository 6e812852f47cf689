// Nothing that was changed in the database passes for the journal's.
#include "tests/integration/postgres/postgres_sample.hpp"

using namespace logline;

namespace {

/// As a superuser who has switched off what stands in the way.
std::string by_force(const std::string& statement) {
  return "SET ledger.migrating = 'on'; DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT c.oid FROM pg_class c JOIN "
         "pg_namespace n "
         "ON n.oid = c.relnamespace WHERE n.nspname = 'ledger' AND c.relkind = 'r' LOOP EXECUTE format('ALTER TABLE %s "
         "DISABLE "
         "TRIGGER USER', t); END LOOP; END $$; " +
         statement;
}

}  // namespace

TEST_CASE("a mirror that follows equals the journal, range by range", "[MIR-05][MIR-A1]") {
  const sample::database db;
  sample::mirrored_log journal;
  journal.grow(3'500);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  const auto found = journal.verified();
  CHECK(found.differs.empty());
  CHECK(found.records == 10'500);
  CHECK(found.ranges == 2);
  CHECK(found.first == core::gseq{1});
  CHECK(found.last == core::gseq{10'500});

  const auto only = [&](std::uint64_t first, std::uint64_t last, std::string_view what) {
    const auto damaged = journal.verified();
    REQUIRE(damaged.differs.size() == 1);
    CHECK(damaged.differs[0].first == core::gseq{first});
    CHECK(damaged.differs[0].last == core::gseq{last});
    CHECK(damaged.differs[0].what.find(what) != std::string::npos);
  };
  SECTION("bytes of one record, with as many rows as before") {
    db.sql(by_force(
        "UPDATE ledger.journal_event SET record = set_byte(record, 20, get_byte(record, 20) # 1) WHERE gseq = 10345"));
    only(10'001, 10'500, "another hash");
  }
  SECTION("a row taken away") {
    db.sql(by_force("DELETE FROM ledger.journal_event WHERE gseq = 7"));
    only(1, 10'000, "9999 rows of 9999 positions, not 10000");
  }
  SECTION("a row twice") {
    db.sql("INSERT INTO ledger.journal_event SELECT * FROM ledger.journal_event WHERE gseq = 10001");
    only(10'001, 10'500, "501 rows of 500 positions, not 500");
  }
  SECTION("one for another: counts agree") {
    db.sql(by_force("UPDATE ledger.journal_event SET gseq = 42 WHERE gseq = 43"));
    only(1, 10'000, "10000 rows of 9999 positions, not 10000");
  }
  SECTION("a column that people read, while the bytes stand") {
    std::uint64_t row = 5'000;
    for (const std::string change : {"payload = '{\"n\": 1}'", "actor = 'nobody'", "tenant = 'other'", "owner = 'me'",
                                     "visibility = 2", "event_id = gen_random_uuid()", "eseq = eseq + 1",
                                     "at = at + interval '1 microsecond'", "prev_hash = hash"}) {
      CAPTURE(change);
      db.sql(by_force("UPDATE ledger.journal_event SET " + change + " WHERE gseq = " + std::to_string(row)));
      only(5'000, row, std::to_string(row - 4'999) + " rows whose columns are not their record's");
      ++row;
    }
  }
  SECTION("rows beyond the journal") {
    db.sql(
        "INSERT INTO ledger.journal_event SELECT 10501, eseq + 1, at, decided_at, epoch, generation, wake_at_us, "
        "dot_n, lamport, "
        "partition, schema, visibility, event_id, command_id, correlation_id, causation_id, tenant, etype, ekey, name, "
        "site, actor, "
        "owner, trace_id, idempotency_key, idempotency_request, idempotency_reply, stream, dot_site, vc, sealed, "
        "payload, record, "
        "prev_hash, hash FROM ledger.journal_event WHERE gseq = 10500");
    const auto damaged = journal.verified();
    REQUIRE_FALSE(damaged.differs.empty());
    CHECK(damaged.differs[0].what.find("1 rows beyond the journal") != std::string::npos);
    CHECK(journal.feed(to).find("MIRROR_FOREIGN") != std::string::npos);
  }
  SECTION("a commit's row") {
    db.sql(by_force("DELETE FROM ledger.mirror_commit WHERE last_gseq = 5000"));
    only(5'001, 5'001, "a gap");
  }
}

TEST_CASE("records come back from the database proven, or not at all", "[REP-05]") {
  const sample::database db;
  sample::mirrored_log journal;
  journal.grow(900);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  const auto read = [&] {
    std::uint64_t seen = 0;
    core::digest chain;
    const auto done = postgres::read_records(sample::database::address(), "ledger", core::partition_id{1},
                                             [&](journal::parsed_line&& line, const std::string&) {
                                               REQUIRE(line.record.position == core::gseq{++seen});
                                               REQUIRE(line.hash == *journal.log().chain_at(core::gseq{seen}));
                                               return true;
                                             });
    return done ? std::to_string(seen) : done.error().text();
  };
  CHECK(read() == "2700");
  SECTION("a changed record") {
    db.sql(by_force(
        "UPDATE ledger.journal_event SET record = set_byte(record, 30, get_byte(record, 30) # 1) WHERE gseq = 2500"));
    CHECK(read().starts_with("chain_broken at gseq 2500: journal_event gseq 2500"));
  }
  SECTION("a missing record") {
    db.sql(by_force("DELETE FROM ledger.journal_event WHERE gseq = 10"));
    CHECK(read().starts_with("position_gap at gseq 10"));
  }
}
