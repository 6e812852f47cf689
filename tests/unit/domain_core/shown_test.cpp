#include "domain/core/decision.hpp"
#include "domain/core/json.hpp"
#include "tests/unit/domain_core/sample.hpp"

#include <catch2/catch.hpp>

using namespace logline;

namespace {

struct guarded {
  core::uuid id;
  core::timestamp at;
  core::digest hash;
  core::bytes raw;
  core::sealed_secret secret;
  std::vector<core::uuid> ids;
  std::map<std::string, core::timestamp> times;
  std::variant<sample::empty, sample::full> now;
  std::optional<core::uuid> maybe;
};
constexpr auto describe(core::type_tag<guarded>) {
  using core::field;
  return core::description<guarded>("guarded", "What must not be shown as it is stored.", field("id", &guarded::id),
                                    field("at", &guarded::at), field("hash", &guarded::hash),
                                    field("raw", &guarded::raw), field("secret", &guarded::secret),
                                    field("ids", &guarded::ids), field("times", &guarded::times),
                                    field("now", &guarded::now), field("maybe", &guarded::maybe));
}

guarded example() {
  guarded v;
  v.id = core::make_uuid7(1'700'000'000'000, 1, 2);
  v.at = {1'774'746'000'123'456};
  v.hash = core::sha256("abc");
  v.raw = {"\x01\x02"};
  v.secret = {"sealed-box-bytes"};
  v.ids = {v.id};
  v.times = {{"due", v.at}};
  v.now = sample::full{"tea"};
  v.maybe = v.id;
  return v;
}

constexpr std::string_view as_shown =
    R"~({"id":"018bcfe5-6800-7001-8000-000000000002","at":"2026-03-29T01:00:00.123456Z",)~"
    R"~("hash":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","raw":"AQI=","secret":"(secret)",)~"
    R"~("ids":["018bcfe5-6800-7001-8000-000000000002"],"times":{"due":"2026-03-29T01:00:00.123456Z"},)~"
    R"~("now":{"situation":"full","with":{"what":"tea"}},"maybe":"018bcfe5-6800-7001-8000-000000000002"})~";

/// Reverses; its boxes are easy to tell from clear text.
class reversing_box final : public core::secret_box {
 public:
  core::sealed_secret seal(std::string_view clear) const override {
    return {"box:" + std::string{clear.rbegin(), clear.rend()}};
  }
  core::result<std::string> open(const core::sealed_secret& sealed) const override {
    return std::string{sealed.box.rbegin(), sealed.box.rend() - 4};
  }
};

core::result<core::sealed_secret> decode_secret(std::string_view json, bool strict, const core::secret_box* sealer) {
  core::sealed_secret out;
  core::decode_scope scope{strict, sealer};
  const auto parsed = core::read_json(json, [&](const core::source& from) {
    core::codec<core::sealed_secret>::decode(from, out, scope, {.size_max = 8});
  });
  if (!parsed) return parsed.error();
  if (scope.failed()) return scope.take_failure("secret");
  return out;
}

}  // namespace

TEST_CASE("a reply shows ids and times as text, so that every door can show it as JSON") {
  CHECK(core::json_text(core::decision{}.answer(example()).reply()) == as_shown);
  core::quoting_sink quoting;
  core::encode_value(quoting, example());
  core::decision quoted;
  quoted.answer_quoting(std::move(quoting));
  CHECK(core::json_text(quoted.reply()) == as_shown);
}

TEST_CASE("a reply is nil unless there is an answer") {
  CHECK(core::json_text(core::decision{}.reply()) == "null");
}

TEST_CASE("stored values are shown by their shape") {
  std::string json;
  core::json_sink to{json};
  core::show_stored(core::codec<guarded>::shape(), core::to_msgpack(example()), to);
  CHECK(json == as_shown);
}

TEST_CASE("showing keeps what the shape does not know") {
  const auto stored = core::document_from_json(R"({"id":"not binary","later":{"$b64":"AQI="},"at":"soon","ids":7})");
  std::string json;
  core::json_sink to{json};
  core::show_stored(core::codec<guarded>::shape(), stored->msgpack, to);
  CHECK(json == R"({"id":"not binary","later":{"$b64":"AQI="},"at":"soon","ids":7})");
  json.clear();
  core::json_sink again{json};
  core::show_stored(core::codec<guarded>::shape(), "\xc1", again);
  CHECK(json == "null");
}

TEST_CASE("a secret is sealed while it is decoded, stored as its box, and never shown") {
  const reversing_box box;
  const auto sealed = decode_secret("\"hunter2\"", true, &box);
  REQUIRE(sealed);
  CHECK(sealed->box == "box:2retnuh");
  const std::string stored = core::to_msgpack(*sealed);
  CHECK(core::from_msgpack<core::sealed_secret>(stored)->box == sealed->box);
  for (const std::string& shown :
       {core::json_text(core::to_shown_msgpack(*sealed)), core::json_text(core::decision{}.answer(*sealed).reply())})
    CHECK(shown == "\"(secret)\"");

  CHECK_FALSE(decode_secret("\"hunter2\"", true, nullptr));
  CHECK_FALSE(decode_secret("\"too long a secret\"", true, &box));
  CHECK_FALSE(decode_secret("7", true, &box));
  // A door cannot hand in a box of its own making.
  core::sealed_secret forged;
  core::decode_scope strict{true, &box};
  REQUIRE(core::read_msgpack(
      stored, [&](const core::source& from) { core::codec<core::sealed_secret>::decode(from, forged, strict, {}); }));
  CHECK(strict.failed());
}

TEST_CASE("an event box says how many personal fields it carries") {
  CHECK(core::event_box::of(sample::filled()).personal_fields == 2);
  CHECK(core::event_box::of(sample::full{"tea"}).personal_fields == 0);
}

TEST_CASE("foreign text in messages is cut between characters and made printable") {
  CHECK(core::excerpt("plain") == "plain");
  CHECK(core::excerpt("aé", 2) == "a");
  CHECK(core::excerpt("aé", 3) == "aé");
  CHECK(core::excerpt("a\nb\x7f") == "a?b?");
  CHECK(core::excerpt("\xff!\xfe") == "?!?");
  CHECK(core::excerpt(std::string(200, 'x')).size() == 64);
}
