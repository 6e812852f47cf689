// The server goes away in every way a server can; each record is there once.
#include <poll.h>

#include <random>
#include <thread>

#include "tests/integration/postgres/postgres_sample.hpp"

using namespace logline;
using journal::errc;

namespace {

void require_level(sample::mirrored_log& journal) {
  const auto found = journal.verified();
  INFO((found.differs.empty() ? std::string{} : found.differs[0].what));
  REQUIRE(found.differs.empty());
  REQUIRE(found.last == journal.log().head().position);
  REQUIRE(found.records == found.last.value);
}

}  // namespace

TEST_CASE("a server killed in mid-stream has every record once when it is back", "[MIR-01][PGM-02]") {
  const sample::database db;
  auto& server = sample::database::server();
  sample::mirrored_log journal;
  journal.grow(30);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  std::mt19937 draws{7};
  std::size_t interrupted = 0;
  for (int round = 0; round < 5; ++round) {
    journal.grow(700);
    const int wait_ms = static_cast<int>(draws() % 60);
    std::thread killer{[&] {
      ::poll(nullptr, 0, wait_ms);
      server.kill();
    }};
    const auto stopped = journal.feed(to, 50);
    killer.join();
    if (!stopped.empty()) {
      ++interrupted;
      REQUIRE(stopped.starts_with("store_failed"));
    }
    server.start();
    REQUIRE(journal.feed(to) == "");
    require_level(journal);
  }
  CHECK(interrupted > 0);
}

TEST_CASE("a server that hangs is given up, and what it did meanwhile is seen", "[MIR-01]") {
  const sample::database db;
  auto& server = sample::database::server();
  sample::mirrored_log journal;
  journal.grow(10);
  auto options = sample::database::options();
  postgres::mirror patient{options};
  REQUIRE(journal.feed(patient) == "");
  options.server.patience = core::seconds(3);
  postgres::mirror to{options};
  REQUIRE(to.open());
  journal.grow(10);
  std::vector<journal::record_view> views;
  std::vector<std::string> bytes;
  REQUIRE(journal.log().scan(core::gseq{31}, [&](const journal::record_view& r) {
    bytes.emplace_back(r.bytes);
    return true;
  }));
  views.resize(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    REQUIRE(journal::read_record(bytes[i], views[i]));
  server.freeze(true);
  const auto stuck = to.append(views, {core::gseq{60}, *journal.log().chain_at(core::gseq{60})});
  const auto refused = to.open();
  server.freeze(false);
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().code == errc::store_failed);
  CHECK(stuck.error().message.find("does not answer") != std::string::npos);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::store_failed);
  REQUIRE(journal.feed(patient) == "");
  require_level(journal);
}

TEST_CASE("opening waits for a transaction that is still under way") {
  const sample::database db;
  sample::mirrored_log journal;
  journal.grow(1);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  // The orphan: its node is gone, its COMMIT is still to come.
  auto orphan = postgres::connection::open(sample::database::address(), "orphan");
  REQUIRE(orphan);
  REQUIRE(orphan->run(
      "BEGIN; INSERT INTO ledger.mirror_commit (partition, first_gseq, last_gseq, count, epoch, site, chain_hash) "
      "VALUES (1, 4, 6, 3, 1, 'here', sha256('x'))"));
  journal::result<journal::mirror_position> stands = journal::mirror_position{};
  std::thread opening{[&] { stands = postgres::mirror{sample::database::options()}.open(); }};
  int waiting = 0;
  for (int i = 0; i < 1'000 && waiting == 0; ++i) {
    waiting = std::stoi(db.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"));
    ::poll(nullptr, 0, 5);
  }
  CHECK(waiting == 1);
  REQUIRE(orphan->run("COMMIT"));
  opening.join();
  REQUIRE(stands);
  CHECK(stands->position == core::gseq{6});
}

TEST_CASE("a month that is missing stops the mirror and nothing lands elsewhere", "[PGM-07]") {
  const sample::database db;
  sample::mirrored_log journal;
  journal.grow(3);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  const auto months = [&] {
    return db.sql(
        "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'ledger.journal_event'::regclass AND c.relname < 'journal_event_y2026m05'");
  };
  CHECK(months() == "journal_event_y2026m01 journal_event_y2026m02 journal_event_y2026m03 journal_event_y2026m04");
  CHECK(db.sql("SELECT count(*) FROM pg_class WHERE relname = 'journal_event_' || to_char(now() + interval '3 months', "
               "'\"y\"YYYY\"m\"MM')") == "1");
  CHECK(db.sql("SELECT count(*) FROM pg_partitioned_table WHERE partdefid <> 0") == "0");

  db.sql("SET ledger.migrating = 'on'; DROP TABLE ledger.journal_event_y2026m02");
  journal.memory.clock.advance(core::hours(24 * 31));
  journal.grow(1);
  SECTION("when the node may make it, it does") {
    CHECK(journal.feed(to) == "");
    CHECK(db.sql("SELECT count(*) FROM ledger.journal_event_y2026m02") == "3");
    require_level(journal);
  }
  SECTION("when it may not") {
    auto options = sample::database::options();
    options.server.url = sample::database::server().url("logline_mirror");
    db.sql("ALTER ROLE logline_mirror PASSWORD '" + fixtures::postgres_server::password() +
           "'; REVOKE EXECUTE ON FUNCTION ledger.make_partitions FROM logline_mirror");
    postgres::mirror by_role{options};
    const auto why = journal.feed(by_role);
    CHECK(why.find("PARTITION_MISSING") != std::string::npos);
    CHECK(db.sql("SELECT count(*) FROM ledger.journal_event") == "9");
  }
}

TEST_CASE("a writer whose epoch is over is refused, opening and writing", "[PGM-02]") {
  const sample::database db;
  sample::mirrored_log journal;
  journal.grow(2);
  auto options = sample::database::options();
  postgres::mirror old{options};
  REQUIRE(journal.feed(old) == "");
  journal.grow(2);
  options.epoch = 5;
  postgres::mirror now{options};
  REQUIRE(journal.feed(now) == "");
  CHECK(db.sql("SELECT epoch, last_gseq FROM ledger.mirror_commit ORDER BY last_gseq") == "1|6\n5|12");
  options.epoch = 4;
  const auto late = postgres::mirror{options}.open();
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::chain_broken);
  CHECK(late.error().message.find("MIRROR_FENCED") != std::string::npos);
  db.sql(
      "INSERT INTO ledger.mirror_commit (partition, first_gseq, last_gseq, count, epoch, site, chain_hash) "
      "VALUES (1, 13, 13, 1, 6, 'here', sha256('x'))");
  auto session = postgres::connection::open(sample::database::address(), "late");
  REQUIRE(session);
  const auto refused = session->run(
      "INSERT INTO ledger.mirror_commit (partition, first_gseq, last_gseq, count, epoch, site, chain_hash) "
      "VALUES (1, 14, 14, 1, 5, 'here', sha256('x'))");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::chain_broken);
  CHECK(session->state() == "LL003");
}

TEST_CASE("several nodes that start at once migrate once", "[PGM-11]") {
  const sample::database db;
  std::vector<std::thread> all;
  std::vector<std::string> said(4);
  for (std::size_t i = 0; i < said.size(); ++i)
    all.emplace_back([&said, i] {
      auto session = postgres::connection::open(sample::database::address(), "migrating");
      const auto done = session ? postgres::migrate(*session, "ledger", {}) : session.error();
      said[i] = done ? std::to_string(done->applied.size()) : done.error().text();
    });
  for (auto& one : all)
    one.join();
  std::sort(said.begin(), said.end());
  CHECK(said[0] == "0");
  CHECK(said[2] == "0");
  CHECK(said[3] == db.sql("SELECT count(*) FROM ledger.migration_history"));
}
