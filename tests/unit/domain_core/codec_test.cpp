#include <limits>

#include "domain/core/json.hpp"
#include "tests/unit/domain_core/golden.hpp"
#include "tests/unit/domain_core/sample.hpp"

using namespace logline;
using core::from_msgpack;
using core::to_msgpack;
using sample::everything;
using sample::filled;

namespace {

template <class T>
core::result<T> read_json_strictly(std::string_view json) {
  std::optional<core::result<T>> out;
  auto parsed = core::read_json(json, [&](const core::source& from) { out.emplace(sample::from_door<T>(from)); });
  if (!parsed) return parsed.error();
  return *out;
}

template <class T>
core::result<T> read_msgpack_strictly(std::string_view msgpack) {
  std::optional<core::result<T>> out;
  auto parsed = core::read_msgpack(msgpack, [&](const core::source& from) { out.emplace(sample::from_door<T>(from)); });
  if (!parsed) return parsed.error();
  return *out;
}

std::string json_of(const everything& v) {
  std::string out;
  core::json_sink to{out};
  core::encode_value(to, v);
  return out;
}

/// The filled sample as JSON with one member's value replaced, or added when there is none of the name.
std::string with(const std::string& member, const std::string& value) {
  std::string json = json_of(filled());
  const std::string key = '"' + member + "\":";
  const auto at = json.find(key);
  if (at == std::string::npos) return json.insert(1, key + value + ',');
  const auto begin = at + key.size();
  int depth = 0;
  bool quoted = false;
  std::size_t end = begin;
  for (; end < json.size(); ++end) {
    const char c = json[end];
    if (quoted) {
      if (c == '\\')
        ++end;
      else if (c == '"')
        quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (depth == 0 && (c == ',' || c == '}')) break;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return json.replace(begin, end - begin, value);
}

/// Nested arrays, `depth` deep.
std::string nested_json(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}
std::string nested_msgpack(std::size_t depth) {
  return std::string(depth - 1, '\x91') + '\x90';
}

}  // namespace

TEST_CASE("every codec reads back what it wrote, as msgpack and as JSON") {
  for (const everything& v : {everything{}, filled()}) {
    const auto stored = from_msgpack<everything>(to_msgpack(v));
    REQUIRE(stored);
    CHECK(*stored == v);
    const auto shown = read_json_strictly<everything>(json_of(v));
    if (!shown) FAIL(shown.error().message);
    CHECK(*shown == v);
    const auto strict = read_msgpack_strictly<everything>(to_msgpack(v));
    if (!strict) FAIL(strict.error().message);
    CHECK(*strict == v);
  }
}

TEST_CASE("the same value has the same bytes, whatever door it came by") {
  const std::string direct = to_msgpack(filled());
  CHECK(to_msgpack(*from_msgpack<everything>(direct)) == direct);
  CHECK(to_msgpack(*read_json_strictly<everything>(json_of(filled()))) == direct);
  CHECK(core::document_from_json("{\"a\":1}")->msgpack == core::document_from_json(" { \"a\" : 1 } ")->msgpack);
  fixtures::check_golden(__FILE__, "everything.msgpack", direct);
  fixtures::check_golden(__FILE__, "everything.json", json_of(filled()) + "\n");
}

TEST_CASE("the shortest encoding of an integer is the only one that we write") {
  for (const auto& [number, hex] : std::vector<std::pair<std::int64_t, std::string>>{{0, "00"},
                                                                                     {127, "7f"},
                                                                                     {128, "cc80"},
                                                                                     {65'535, "cdffff"},
                                                                                     {65'536, "ce00010000"},
                                                                                     {-1, "ff"},
                                                                                     {-33, "d0df"}})
    CHECK(core::to_hex(to_msgpack(number)) == hex);
  // A wider encoding of the same number inside a document is brought to the short form.
  std::string wide = "\x81\xa1k\xcf";
  wide += std::string(7, '\0') + '\x05';
  const auto doc = read_msgpack_strictly<core::document>(wide);
  REQUIRE(doc);
  CHECK(core::to_hex(doc->msgpack) == "81a16b05");
}

TEST_CASE("absent optional fields keep their default; required ones are named") {
  const auto parsed = read_json_strictly<sample::point>(R"({"x":1})");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "INVALID_INPUT");
  REQUIRE(parsed.error().details.size() == 1);
  CHECK(parsed.error().details[0].path == "/y");
  CHECK(parsed.error().details[0].problem == "is required");

  std::string json = json_of(filled());
  json.replace(json.find(",\"tries\":7"), 10, "");
  const auto tries = read_json_strictly<everything>(json);
  REQUIRE(tries);
  CHECK(tries->tries == 5);
}

TEST_CASE("an optional field that is empty leaves no trace in the bytes") {
  everything without = filled();
  without.note.reset();
  CHECK(core::json_text(to_msgpack(without)).find("note") == std::string::npos);
  CHECK(core::json_text(to_msgpack(filled())).find("note") != std::string::npos);
}

TEST_CASE("what a command may not contain is refused with its place") {
  struct wrong {
    const char* member;
    const char* value;
    const char* path;
    const char* problem;
  };
  const auto row = GENERATE(
      wrong{"stranger", "1", "/stranger", "unknown field"}, wrong{"flag", "0", "/flag", "must be true or false"},
      wrong{"number", "1.0", "/number", "must be an integer"},
      wrong{"number", "\"12\"", "/number", "must be an integer"},
      wrong{"number", "null", "/number", "must be an integer"},
      wrong{"number", "9223372036854775808", "/number", "must be an integer"},
      wrong{"count", "-1", "/count", "must be an integer ≥ 0"},
      wrong{"small", "256", "/small", "must be an integer ≥ 0"},
      wrong{"ratio", "\"0.5\"", "/ratio", "must be a number"}, wrong{"text", "7", "/text", "must be text"},
      wrong{"text", "\"a\\u0000b\"", "/text", "must not contain NUL"},
      wrong{"text", "\"123456789012345678901234567890123\"", "/text", "must have at most 32 bytes"},
      wrong{"name", "\"Not A Name\"", "/name",
            "must be 1 to 64 characters of a-z 0-9 _ . - and start with a letter or digit"},
      wrong{"name", "\"\"", "/name", "must be 1 to 64 characters of a-z 0-9 _ . - and start with a letter or digit"},
      wrong{"raw", "\"AAA\"", "/raw", "must be base64 text"},
      wrong{"raw", "\"AAAAAAAAAAAA\"", "/raw", "must have at most 8 bytes"},
      wrong{"id", "\"nonsense\"", "/id", "must be a UUID"},
      wrong{"hash", "\"00\"", "/hash", "must be a SHA-256 digest in hex"},
      wrong{"at", "1774746000", "/at", "must be an RFC 3339 time such as 2026-01-31T23:59:59Z"},
      wrong{"where", "\"acme\"", "/where", "must be an address tenant/type/key"},
      wrong{"shade", "\"blue\"", "/shade", "must be one of red, green"},
      wrong{"shade", "0", "/shade", "must be one of red, green"}, wrong{"place", "[]", "/place", "must be an object"},
      wrong{"place", R"({"x":11,"y":0})", "/place/x", "must be at most 10"},
      wrong{"place", R"({"x":-11,"y":0})", "/place/x", "must be at least -10"},
      wrong{"place", R"({"x":1,"x":2,"y":0})", "/place/x", "comes twice"},
      wrong{"path", "{}", "/path", "must be a list"},
      wrong{"path", R"([{"x":0,"y":0},{"x":0,"y":-1}])", "/path/1/y", "must be an integer ≥ 0"},
      wrong{"path", "[1,2,3,4]", "/path", "must have at most 3 elements"},
      wrong{"marks", R"({"a":1,"a":2})", "/marks/a", "comes twice"},
      wrong{"marks", R"({"":1})", "/marks/", "must have at least 1 bytes"},
      wrong{"marks", R"({"a\u0000":1})", "/marks/a?", "must not contain NUL"},
      wrong{"marks", R"({"a":1,"b":2,"c":3,"d":4})", "/marks", "must have at most 3 members"},
      wrong{"marks", R"({"a/b~c":"x"})", "/marks/a~1b~0c", "must be an integer"},
      wrong{"free", R"({"k":{"a":1,"a":2}})", "/free", "has a duplicate key"},
      wrong{"free", R"([{"$b64":"?"}])", "/free", "has a \"$b64\" that is not base64"},
      wrong{"free", R"({"a\u0000":1})", "/free", "has a key that is not UTF-8 without NUL"},
      wrong{"now", R"({"situation":"lost","with":{}})", "/now/situation", "names no known situation"},
      wrong{"now", R"({"with":{},"situation":"empty"})", "/now/with", "unknown or misplaced field"},
      wrong{"now", "{}", "/now", "names no situation"}, wrong{"tries", "0", "/tries", "must be at least 1"},
      wrong{"tries", "51", "/tries", "must be at most 50"});
  CAPTURE(row.member, row.value);
  const auto parsed = read_json_strictly<everything>(with(row.member, row.value));
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "INVALID_INPUT");
  CHECK(parsed.error().kind == core::failure_kind::invalid_input);
  REQUIRE_FALSE(parsed.error().details.empty());
  CHECK(parsed.error().details[0].path == row.path);
  CHECK(parsed.error().details[0].problem == row.problem);
}

TEST_CASE("one answer names several mistakes, sixteen at most") {
  const auto parsed = read_json_strictly<sample::point>(R"({"x":"a","y":-1,"z":0})");
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().details.size() == 3);
  std::string many = "{";
  for (int i = 0; i < 40; ++i)
    many += "\"m" + std::to_string(i) + "\":1,";
  many.back() = '}';
  CHECK(read_json_strictly<sample::point>(many).error().details.size() == 16);
}

TEST_CASE("a stored value is read tolerantly: a newer writer's fields and limits do not stop an older reader",
          "[JRN-09]") {
  const auto widened = core::document_from_json(R"({"x":99,"y":1,"added_later":{"deep":[1]}})");
  const auto read = from_msgpack<sample::point>(widened->msgpack);
  REQUIRE(read);
  CHECK(*read == sample::point{99, 1});
  // Types are not up for interpretation, though.
  CHECK_FALSE(from_msgpack<sample::point>(core::document_from_json(R"({"x":"99","y":1})")->msgpack));
}

TEST_CASE("integers beyond 2^53 cross JSON as text, and only those") {
  std::string json;
  core::json_sink to{json};
  to.begin_array(4);
  to.integer(9'007'199'254'740'991);
  to.integer(9'007'199'254'740'992);
  to.integer(-9'007'199'254'740'992);
  to.unsigned_integer(18'446'744'073'709'551'615u);
  to.end_array();
  CHECK(json == R"([9007199254740991,"9007199254740992","-9007199254740992","18446744073709551615"])");
  CHECK(*read_json_strictly<std::uint64_t>("\"18446744073709551615\"") == 18'446'744'073'709'551'615u);
  CHECK(*read_json_strictly<std::int64_t>("\"-9223372036854775808\"") == std::numeric_limits<std::int64_t>::min());
  CHECK(*read_json_strictly<std::uint64_t>("18446744073709551615") == 18'446'744'073'709'551'615u);
  CHECK_FALSE(read_json_strictly<std::uint64_t>("\"7\""));
  CHECK_FALSE(read_json_strictly<std::uint64_t>("\"18446744073709551616\""));
  CHECK_FALSE(read_json_strictly<std::uint64_t>("18446744073709551616"));
  CHECK_FALSE(read_json_strictly<std::int64_t>("\"9007199254740993 \""));
}

TEST_CASE("there is no NaN and no infinity") {
  for (const char* json : {"NaN", "Infinity", "-Infinity", "1e999"})
    CHECK_FALSE(core::document_from_json(json));
  for (const double v : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::string msgpack(1, '\xcb');
    std::uint64_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    for (int shift = 56; shift >= 0; shift -= 8)
      msgpack += static_cast<char>(bits >> shift);
    CHECK_FALSE(read_msgpack_strictly<double>(msgpack));
    CHECK_FALSE(read_msgpack_strictly<core::document>('\x91' + msgpack));
  }
  CHECK(*read_json_strictly<double>("0.1") == 0.1);
  CHECK(core::json_text(core::document_from_json("[1.0,-0.0,5e-324]").value()) == "[1.0,-0.0,5e-324]");
}

TEST_CASE("nesting stops at 64, in JSON and in msgpack") {
  CHECK(core::document_from_json(nested_json(64)));
  CHECK_FALSE(core::document_from_json(nested_json(65)));
  CHECK_FALSE(core::document_from_json(nested_json(100'000)));
  CHECK(from_msgpack<core::document>(nested_msgpack(64)));
  CHECK_FALSE(from_msgpack<core::document>(nested_msgpack(65)));
  CHECK_FALSE(from_msgpack<core::document>(nested_msgpack(100'000)));
}

TEST_CASE("malformed JSON is refused, not guessed") {
  for (const char* json :
       {"", " ", "{", "[1,]", "{\"a\"}", "{\"a\":1}x", "{'a':1}", "[01]", "\"\\x\"", "\"\xff\"", "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"", "\"\n\"", "nul", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":1,\"b\":2}}", "/**/1"}) {
    CAPTURE(json);
    const auto doc = core::document_from_json(json);
    REQUIRE_FALSE(doc);
    CHECK(doc.error().code == "INVALID_INPUT");
  }
}

TEST_CASE("malformed msgpack is refused, and no length field is believed") {
  const auto text = [](std::string_view hex) { return *core::from_hex(hex); };
  for (const char* hex : {"", "c1", "81", "81a16b", "8101c0", "c0c0", "d40001", "c70100ff", "ddffffffff", "dfffffffff",
                          "dbffffffff", "c6ffffffff00", "dd7fffffff00", "a5616263"}) {
    CAPTURE(hex);
    CHECK_FALSE(from_msgpack<core::document>(text(hex)));
  }
  // Text that is no text, which only msgpack can carry.
  CHECK_FALSE(read_msgpack_strictly<std::string>(text("a2c080")));
  CHECK_FALSE(read_msgpack_strictly<core::document>(text("a2c080")));
  CHECK_FALSE(read_msgpack_strictly<core::document>(text("81a2c08001")));
  CHECK_FALSE((read_msgpack_strictly<std::map<std::string, std::int64_t>>(text("81a2c08001"))));
  const auto refused = read_msgpack_strictly<sample::point>(text("81a2ff2f01"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().details[0].path == "/?~1");
}

TEST_CASE("times outside the years 0001 to 9999 are refused from doors") {
  CHECK(read_msgpack_strictly<core::timestamp>(to_msgpack(core::latest)));
  CHECK(read_msgpack_strictly<core::timestamp>(to_msgpack(core::earliest)));
  CHECK_FALSE(read_msgpack_strictly<core::timestamp>(to_msgpack(core::timestamp{core::latest.us + 1})));
  CHECK_FALSE(read_msgpack_strictly<core::timestamp>(to_msgpack(core::timestamp{core::earliest.us - 1})));
  CHECK(from_msgpack<core::timestamp>(to_msgpack(core::never)));
}

TEST_CASE("binary inside a free-form value crosses JSON as {\"$b64\":…} and comes back as it was") {
  const auto doc = core::document_from_json(R"({"a":[{"$b64":"AP8="}],"b":{"$b64":1},"c":{"$b64":"AP8=","d":0}})");
  REQUIRE(doc);
  CHECK(core::json_text(*doc) == R"({"a":[{"$b64":"AP8="}],"b":{"$b64":1},"c":{"$b64":"AP8=","d":0}})");
  CHECK(doc->msgpack.find("\xc4\x02"
                          "\x00\xff",
                          0, 4) != std::string::npos);
  CHECK_FALSE(core::document_from_json(R"({"$b64":"not base64"})"));
  // The same inside a command's field.
  const auto nested = read_json_strictly<everything>(with("free", R"({"k":{"$b64":"/w=="}})"));
  REQUIRE(nested);
  CHECK(nested->free == filled().free);
}

TEST_CASE("a damaged document shows as null") {
  CHECK(core::json_text(core::document{"\xc1"}) == "null");
}

TEST_CASE("JSON text escapes what must be escaped") {
  std::string out;
  core::append_json_text(out, std::string_view{"a\"\\\n\r\t\x01\x1f\0é", 11});
  CHECK(out == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u001f\\u0000é\"");
}
