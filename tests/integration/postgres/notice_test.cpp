// What a listener hears, and what a column shows of things that SQL cannot hold.
#include "domain/core/json.hpp"
#include "tests/integration/postgres/postgres_sample.hpp"

using namespace logline;

namespace {

/// One commit with an event in each of these streams.
void append_to_streams(sample::mirrored_log& journal, const std::vector<std::string>& streams,
                       std::size_t payload_bytes) {
  auto r = journal::fixtures::request("t", journal.log().last_sequence(journal::fixtures::entity("t"))->value,
                                      streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    r.events[i].payload = std::string{"\x81\xa1t\xdb"};
    for (int shift = 24; shift >= 0; shift -= 8)
      r.events[i].payload += static_cast<char>(payload_bytes >> shift & 0xff);
    r.events[i].payload += std::string(payload_bytes, 'x');
    r.events[i].timeline = core::timeline_stamp{streams[i], {"here.1", i + 1}, i + 1, {{"here.1", i + 1}}};
  }
  journal::fixtures::append_one(journal.log(), r);
}

struct listener {
  postgres::connection session;
  static listener begin() {
    auto opened = postgres::connection::open(sample::database::address(), "listener");
    REQUIRE(opened);
    REQUIRE(opened->run("LISTEN app_events"));
    return {*std::move(opened)};
  }
  std::string next() {
    auto heard = session.next_notification(core::seconds(20));
    REQUIRE(heard);
    REQUIRE(*heard);
    return **heard;
  }
};

}  // namespace

TEST_CASE("one notification per transaction: positions and streams, never the rows", "[PGM-09]") {
  const sample::database db;
  sample::mirrored_log journal;
  auto heard = listener::begin();
  append_to_streams(journal, {"orders", "tx", "orders"}, 100'000);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  CHECK(heard.next() == R"({"site":"here","partition":1,"first_gseq":1,"last_gseq":3,"streams":["orders","tx"]})");
  CHECK(db.sql(
            "SELECT count(*), max(octet_length(payload ->> 't')) FROM ledger.timeline_event WHERE stream = 'orders'") ==
        "2|100000");

  std::vector<std::string> many;
  for (int i = 0; i < 400; ++i)
    many.push_back("stream." + std::to_string(i) + std::string(30, 'x'));
  append_to_streams(journal, many, 10);
  REQUIRE(journal.feed(to) == "");
  CHECK(heard.next() == R"({"site":"here","partition":1,"first_gseq":4,"last_gseq":403,"streams":null})");
}

TEST_CASE("what a column cannot hold is shown as near as it can be, and kept whole in the bytes", "[PGM-01]") {
  const sample::database db;
  sample::mirrored_log journal;
  auto r = journal::fixtures::request("a", 0, 3);
  using namespace std::string_literals;
  r.events[0].payload = "\x82\xa1t\xa5"s + "a\0\\\0b"s + "\xa1n\xcf\xff\xff\xff\xff\xff\xff\xff\xff";
  r.events[1].payload = "\x82\xa1t\xa2\xff\xfe\xa1" + "d\xcb\x7f\xef\xff\xff\xff\xff\xff\xff"s;
  r.events[2].payload = "\x80";
  r.events[2].timeline = core::timeline_stamp{"tx", {"here.1", UINT64_MAX}, UINT64_MAX, {{"here.1", UINT64_MAX}}};
  r.principal = core::principal_id{"J\xc3\xb3\xff\0z"s};
  journal::fixtures::append_one(journal.log(), r);
  postgres::mirror to{sample::database::options()};
  REQUIRE(journal.feed(to) == "");
  CHECK(db.sql("SELECT payload ->> 't', payload ->> 'n' FROM ledger.journal_event WHERE gseq = 1") ==
        "a\xef\xbf\xbd\\\xef\xbf\xbd"
        "b|18446744073709551615");
  CHECK(db.sql("SELECT payload ->> 't' FROM ledger.journal_event WHERE gseq = 2") == "??");
  CHECK(db.sql("SELECT lamport, vc ->> 'here.1' FROM ledger.journal_event WHERE gseq = 3") ==
        "9223372036854775807|18446744073709551615");
  CHECK(db.sql("SELECT DISTINCT actor FROM ledger.journal_event") == "J????z");
  CHECK(journal.verified().differs.empty());
}
