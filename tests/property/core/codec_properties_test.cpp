#include <catch2/catch.hpp>

#include "tests/property/core/arbitrary.hpp"

#include <rapidcheck/catch.h>

using namespace logline;
using sample::everything;

namespace {

std::string json_of(const everything& v) {
  std::string out;
  core::json_sink to{out};
  core::encode_value(to, v);
  return out;
}

/// Feeds bytes to both parsers and to a strict decode; nothing may crash, and what is accepted must be stable.
void chew(const std::string& input) {
  if (const auto doc = core::from_msgpack<core::document>(input)) {
    const auto again = core::from_msgpack<core::document>(doc->msgpack);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *doc);
  }
  if (const auto doc = core::document_from_json(input)) {
    const auto again = core::document_from_json(core::json_text(*doc));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *doc);
  }
  static_cast<void>(core::from_msgpack<everything>(input));
}

}  // namespace

TEST_CASE("codecs: what was written is read back") {
  rc::prop("as msgpack, with the same bytes again", [] {
    const everything v = arbitrary::everything();
    const std::string stored = core::to_msgpack(v);
    const auto read = core::from_msgpack<everything>(stored);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == v);
    RC_ASSERT(core::to_msgpack(*read) == stored);
  });
  rc::prop("as JSON, strictly, with the same bytes again", [] {
    const everything v = arbitrary::everything();
    std::optional<core::result<everything>> read;
    const std::string json = json_of(v);
    RC_ASSERT(core::read_json(json, [&](const core::source& from) {
                read = sample::from_door<everything>(from);
              }).has_value());
    if (!*read) RC_FAIL(read->error().message + " in " + json);
    RC_ASSERT(**read == v);
    RC_ASSERT(core::to_msgpack(**read) == core::to_msgpack(v));
  });
  rc::prop("showing what is stored equals showing the value", [] {
    const everything v = arbitrary::everything();
    std::string shown;
    core::json_sink to{shown};
    core::show_stored(core::codec<everything>::shape(), core::to_msgpack(v), to);
    RC_ASSERT(shown == json_of(v));
  });
  rc::prop("free-form values survive JSON", [] {
    const auto doc = core::document_from_json(arbitrary::any_json(4));
    RC_ASSERT(doc.has_value());
    const auto again = core::document_from_json(core::json_text(*doc));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *doc);
  });
}

TEST_CASE("codecs: no input does harm") {
  rc::prop("random bytes", [] { chew(*arbitrary::octets(1'000)); });
  rc::prop("a damaged value", [] {
    std::string stored = core::to_msgpack(arbitrary::everything());
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, stored.size());
      stored[at] = static_cast<char>(*rc::gen::arbitrary<unsigned char>());
    }
    chew(stored);
    chew(stored.substr(0, *rc::gen::inRange<std::size_t>(0, stored.size())));
  });
  rc::prop("damaged JSON", [] {
    std::string json = json_of(arbitrary::everything());
    json[*rc::gen::inRange<std::size_t>(0, json.size())] = *rc::gen::elementOf(std::string{"{}[]\",:\\0e-"});
    chew(json);
  });
}

TEST_CASE("texts of bytes and times are read back") {
  rc::prop("hex and base64", [] {
    const std::string raw = *arbitrary::octets(200);
    RC_ASSERT(*core::from_hex(core::to_hex(raw)) == raw);
    RC_ASSERT(*core::from_base64(core::to_base64(raw)) == raw);
  });
  rc::prop("RFC 3339, in the order of the times", [] {
    const core::timestamp a{*rc::gen::inRange<std::int64_t>(core::earliest.us, core::latest.us)};
    const core::timestamp b{*rc::gen::inRange<std::int64_t>(core::earliest.us, core::latest.us)};
    RC_ASSERT(core::parse_rfc3339(core::to_rfc3339(a)).value() == a);
    RC_ASSERT((core::to_rfc3339(a) < core::to_rfc3339(b)) == (a < b));
  });
  rc::prop("UUIDs", [] {
    const auto id =
        core::make_uuid7(*rc::gen::inRange<std::int64_t>(0, 1LL << 48), *arbitrary::number(), *arbitrary::number());
    RC_ASSERT(core::parse_uuid(id.text()).value() == id);
  });
  rc::prop("addresses", [] {
    const core::address a = arbitrary::everything().where;
    RC_ASSERT(core::parse_address(a.text()).value() == a);
  });
}
