#include <catch2/catch.hpp>

#include <string>

#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"
#include "journal/merkle.hpp"
#include "journal/record_line.hpp"

using namespace logline;
using namespace logline::journal;

namespace {

core::record small_record() {
  core::record r;
  r.partition.value = 3;
  r.position.value = 17;
  r.entity = {"acme", "order", "a/b \"quoted\" é"};
  r.sequence.value = 4;
  r.event_id = core::make_uuid7(1'800'000'000'000, 1, 2);
  r.event = "order_added";
  r.at = core::timestamp{1'800'000'000'123'456};
  r.decided_at = r.at - core::duration_us{789};
  r.site = "berlin";
  r.principal.value = "founder";
  r.command_id = r.event_id;
  r.correlation_id = r.event_id;
  r.payload = core::document_from_json(R"({"amount":12,"note":"two\nlines"})")->msgpack;
  return r;
}

core::record full_record() {
  core::record r = small_record();
  r.schema = 7;
  r.generation = 4'000'000'000;
  r.epoch.value = 1'000'000'000'000'000'000;
  r.command_id = core::make_uuid7(1'800'000'000'001, 3, 4);
  r.correlation_id = core::make_uuid7(1'800'000'000'002, 5, 6);
  r.causation_id = core::make_uuid7(1'800'000'000'003, 7, 8);
  r.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  r.wake_at = core::timestamp{0};
  r.idempotency = core::idempotency{"key-1", core::sha256("request"), std::string{"\x81\xa1x\x01", 4}};
  r.timeline =
      core::timeline_stamp{"tx", {"berlin.1", UINT64_MAX}, 9'007'199'254'740'993, {{"berlin.1", 3}, {"rio.2", 5}}};
  r.visibility = core::visibility::public_;
  r.owner = "alice";
  r.sealed = {"/name", "/mail"};
  return r;
}

std::string line_of(const core::record& r) {
  const std::string bytes = encode_record(r);
  record_view view;
  if (auto read = read_record(bytes, view); !read) FAIL(read.error().text());
  const auto before = core::sha256("before");
  std::string line;
  REQUIRE(append_record_line(view, before, chain_hash(before, leaf_hash(bytes)), line));
  return line;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a record's line reads back as the record's very bytes", "[NDJ-01]") {
  for (const auto& r : {small_record(), full_record()}) {
    const std::string line = line_of(r);
    INFO(line);
    CHECK(line.find('\n') == std::string::npos);
    const auto back = parse_record_line(line);
    REQUIRE(back);
    CHECK(encode_record(back->record) == encode_record(r));
    CHECK(back->previous == core::sha256("before"));
  }
  CHECK(line_of(full_record()).find("\"lamport\":\"9007199254740993\"") != std::string::npos);
}

TEST_CASE("a payload that JSON would round or rename is kept whole beside what people read", "[NDJ-01]") {
  for (const char* json :
       {R"({"n":9007199254740993})", R"({"n":-9223372036854775808})", R"({"n":18446744073709551615})",
        R"({"b":{"$b64":"AAEC/w=="}})", R"({"x":1.5,"y":1.0,"z":[null,true,{"":""}]})"}) {
    core::record r = small_record();
    r.payload = core::document_from_json(json)->msgpack;
    const std::string line = line_of(r);
    INFO(line);
    CHECK(line.find("\"payload\":{") != std::string::npos);
    CHECK((line.find("payload_b64") != std::string::npos) == (std::string{json}.find("\"n\"") != std::string::npos));
    const auto back = parse_record_line(line);
    REQUIRE(back);
    CHECK(encode_record(back->record) == encode_record(r));
  }
}

TEST_CASE("a line whose record was changed does not fit its hash") {
  const std::string line = line_of(full_record());
  for (const auto& [what, by] : {std::pair{"\"amount\":12", "\"amount\":13"}, std::pair{"\"gseq\":17", "\"gseq\":18"},
                                 std::pair{"acme", "acne"}, std::pair{"\"n\":\"18446744073709551615\"", "\"n\":1"},
                                 std::pair{"/mail", "/main"}, std::pair{"key-1", "key-2"}}) {
    const auto back = parse_record_line(replaced(line, what, by));
    REQUIRE(!back);
    CHECK(back.error().code == errc::chain_broken);
  }
}

TEST_CASE("what is no line of a record says what is wrong with it") {
  const std::string line = line_of(small_record());
  const auto code_of = [](const std::string& text) {
    const auto parsed = parse_record_line(text);
    REQUIRE(!parsed);
    return parsed.error();
  };
  CHECK(code_of("").code == errc::bad_encoding);
  CHECK(code_of(line.substr(0, line.size() / 2)).code == errc::bad_encoding);
  CHECK(code_of("[]").code == errc::bad_encoding);
  const auto missing = code_of(replaced(line, "\"tenant\"", "\"tenent\""));
  CHECK(missing.code == errc::bad_encoding);
  CHECK(missing.message.find("/tenant is required") != std::string::npos);
  CHECK(code_of(replaced(line, "\"visibility\":1", "\"visibility\":9")).message.find("/visibility") !=
        std::string::npos);
  const auto later = parse_record_line(replaced(line, "{\"site\"", "{\"from_the_future\":1,\"site\""));
  CHECK(later);
}
