#include <catch2/catch.hpp>

#include <random>

#include "domain/core/bytes.hpp"
#include "journal/merkle.hpp"
#include "journal/msgpack_cursor.hpp"
#include "journal/record.hpp"

using namespace logline;
using namespace logline::journal;

namespace {

core::record full_record() {
  core::record r;
  r.partition = core::partition_id{1};
  r.position = core::gseq{70'000};
  r.entity = {"acme", "task_queue", "email/outgoing"};
  r.sequence = core::eseq{300};
  r.event_id = core::make_uuid5({}, "event");
  r.event = "task_enqueued";
  r.schema = 2;
  r.at = core::timestamp{1'767'225'600'000'500};
  r.decided_at = core::timestamp{1'767'225'600'000'000};
  r.site = "here";
  r.generation = 3;
  r.epoch = core::owner_epoch{9};
  r.principal = core::principal_id{"usr:1"};
  r.command_id = core::make_uuid5({}, "command");
  r.correlation_id = core::make_uuid5({}, "correlation");
  r.causation_id = core::make_uuid5({}, "causation");
  r.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  r.wake_at = core::timestamp{0};
  r.idempotency = core::idempotency{"k", core::sha256("body"), "\x80"};
  r.timeline = core::timeline_stamp{"orders", {"here.3", 5}, 8, {{"here.3", 5}, {"there.1", 300}}};
  r.visibility = core::visibility::public_;
  r.owner = "usr:1";
  r.sealed = {"/email", "/name"};
  r.payload = "\x81\xa1n\x01";
  return r;
}

bool same(const core::record& a, const core::record& b) {
  return encode_record(a) == encode_record(b);
}

}  // namespace

TEST_CASE("a record with every field survives its bytes") {
  const core::record r = full_record();
  const auto back = decode_record(encode_record(r));
  REQUIRE(back);
  CHECK(same(*back, r));
  CHECK(back->decided_at == r.decided_at);
  CHECK(back->wake_at == r.wake_at);
  CHECK(back->idempotency == r.idempotency);
  CHECK(back->timeline == r.timeline);
  CHECK(back->sealed == r.sealed);
  CHECK(back->causation_id == r.causation_id);
}

TEST_CASE("a record with nothing but what it must have is small and survives its bytes") {
  core::record r = full_record();
  r.command_id = r.correlation_id = r.event_id;
  r.causation_id = {};
  r.trace_id.clear();
  r.wake_at.reset();
  r.idempotency.reset();
  r.timeline.reset();
  r.owner.clear();
  r.sealed.clear();
  const std::string bytes = encode_record(r);
  CHECK(bytes.size() <= 120);
  const auto back = decode_record(bytes);
  REQUIRE(back);
  CHECK(same(*back, r));
  CHECK(back->command_id == r.event_id);
  CHECK(back->correlation_id == r.event_id);
  CHECK(back->causation_id.is_nil());
  CHECK(!back->wake_at);
  CHECK(!back->timeline);
}

// The bytes are signed and mirrored: they must never change. docs/formats/journal.md shows the same example.
TEST_CASE("the canonical bytes are what the format page says") {
  core::record r;
  r.partition = core::partition_id{1};
  r.position = core::gseq{1};
  r.entity = {"acme", "flag", "done"};
  r.sequence = core::eseq{1};
  r.event_id = core::uuid::from("0123456789abcdef");
  r.command_id = r.correlation_id = r.event_id;
  r.event = "flag_set";
  r.at = core::timestamp{1'767'225'600'000'000};
  r.decided_at = core::timestamp{1'767'225'599'999'999};
  r.site = "here";
  r.principal = core::principal_id{"founder"};
  r.payload = "\x80";
  const std::string bytes = encode_record(r);
  CHECK(core::to_hex(bytes) ==
        "dc001b010101a461636d65a4666c6167a4646f6e6501c41030313233343536373839616263646566a8666c61675f73657401"
        "cf000647484620400001a4686572650101a7666f756e646572c0c0c0c0c0c0c001c0c0c40180");
  CHECK(leaf_hash(bytes) == core::sha256(std::string(1, '\0') + bytes));
}

TEST_CASE("elements that a later version appends are passed over", "[JRN-09]") {
  const core::record r = full_record();
  std::string bytes = encode_record(r);
  REQUIRE(bytes.substr(0, 4) == std::string("\xdc\x00\x1b\x01", 4));
  bytes[2] = 29;
  bytes[3] = 2;
  bytes += "\x82\xa1";  // a map of two …
  bytes += "a";
  bytes +=
      "\x93\x01\xc0\xcb"
      "12345678";
  bytes +=
      "\xa1"
      "b"
      "\xc3";
  bytes +=
      "\xd3"
      "12345678";  // … and an integer
  const auto back = decode_record(bytes);
  REQUIRE(back);
  CHECK(same(*back, r));
}

TEST_CASE("every cut and every changed byte of a record is refused or read within bounds") {
  const std::string bytes = encode_record(full_record());
  record_view view;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(!read_record(std::string_view{bytes}.substr(0, size), view));
  CHECK(read_record(bytes + "x", view).error().code == errc::bad_encoding);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      core::record out;
      if (read_record(changed, view)) static_cast<void>(copy_record(view, out).has_value());
    }
}

TEST_CASE("random bytes never make the msgpack cursor leave them") {
  std::minstd_rand random{4711};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (auto& c : bytes)
      c = static_cast<char>(random() >> 8);
    msgpack_cursor cursor{bytes};
    const auto value = cursor.take_value();
    CHECK(value.size() <= bytes.size());
    CHECK((cursor.ok() || cursor.at_end()));
  }
}

TEST_CASE("a count that the bytes cannot hold is refused before anything is done with it") {
  msgpack_cursor array{std::string_view{"\xdd\xff\xff\xff\xff", 5}};
  CHECK(array.take_array() == 0);
  CHECK(!array.ok());
  msgpack_cursor text{std::string_view{"\xdb\xff\xff\xff\xff", 5}};
  CHECK(text.take_text().empty());
  CHECK(!text.ok());
}

TEST_CASE("a vector clock that names a site twice is refused") {
  core::record r = full_record();
  std::string bytes = encode_record(r);
  const std::size_t at = bytes.find("there.1");
  REQUIRE(at != std::string::npos);
  bytes.replace(at, 7, "here.30");
  CHECK(decode_record(bytes));
  const std::size_t second = bytes.rfind("here.30");
  bytes.replace(second, 7, "aaaaaa1");
  CHECK(decode_record(bytes).error().code == errc::bad_encoding);
}

TEST_CASE("the chain hash is SHA-256 of the hash before and the leaf") {
  const core::digest a = core::sha256("a");
  const core::digest b = core::sha256("b");
  CHECK(chain_hash(a, b) == core::sha256(std::string{a.view()} + std::string{b.view()}));
}
