#include "domain/core/described.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <simdjson.h>

#include "domain/core/json.hpp"

namespace logline::core {

void check_text(std::string_view value, const attributes& attr, decode_scope& scope) {
  check_size(value.size(), attr, scope, "bytes");
  if (value.find('\0') != std::string_view::npos) return scope.fail("must not contain NUL");
  if (!simdjson::validate_utf8(value.data(), value.size())) return scope.fail("must be UTF-8");
  switch (attr.text) {
    case charset::any: return;
    case charset::name:
      if (!is_name(value)) scope.fail("must be 1 to 64 characters of a-z 0-9 _ . - and start with a letter or digit");
      return;
    case charset::visible:
      if (!std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; }))
        scope.fail("must be visible ASCII");
      return;
  }
}

void check_size(std::size_t size, const attributes& attr, decode_scope& scope, std::string_view unit) {
  if (size < attr.size_min) scope.fail(fmt::format("must have at least {} {}", attr.size_min, unit));
  if (size > attr.size_max) scope.fail(fmt::format("must have at most {} {}", attr.size_max, unit));
}

void check_number(std::int64_t value, const attributes& attr, decode_scope& scope) {
  if (value < attr.min) scope.fail(fmt::format("must be at least {}", attr.min));
  if (value > attr.max) scope.fail(fmt::format("must be at most {}", attr.max));
}

namespace {

constexpr std::int64_t exact_in_json = (std::int64_t{1} << 53) - 1;

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, out);
  return parsed.ec == std::errc{} && parsed.ptr == end;
}

}  // namespace

bool read_integer(const source& from, std::int64_t& out) {
  switch (from.type()) {
    case source::kind::integer: out = from.integer(); return true;
    case source::kind::unsigned_integer:
      if (from.unsigned_integer() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
      out = static_cast<std::int64_t>(from.unsigned_integer());
      return true;
    // JSON carries integers beyond 2^53 as text (see json_sink); smaller ones in quotes are a mistake.
    case source::kind::text:
      return from.human() && parse_number(from.text(), out) && (out > exact_in_json || out < -exact_in_json);
    default: return false;
  }
}

bool read_unsigned(const source& from, std::uint64_t& out) {
  switch (from.type()) {
    case source::kind::integer:
      if (from.integer() < 0) return false;
      out = static_cast<std::uint64_t>(from.integer());
      return true;
    case source::kind::unsigned_integer: out = from.unsigned_integer(); return true;
    case source::kind::text:
      return from.human() && parse_number(from.text(), out) && out > static_cast<std::uint64_t>(exact_in_json);
    default: return false;
  }
}

const type_shape& integer_shape(bool is_unsigned) {
  static const type_shape with_sign{.kind = source::kind::integer};
  static const type_shape without_sign{.kind = source::kind::unsigned_integer};
  return is_unsigned ? without_sign : with_sign;
}

const type_shape& codec<bool>::shape() {
  static const type_shape s{.kind = source::kind::boolean};
  return s;
}

void codec<double>::decode(const source& from, double& v, decode_scope& scope, const attributes&) {
  switch (from.type()) {
    case source::kind::real: v = from.real(); return;
    case source::kind::integer: v = static_cast<double>(from.integer()); return;
    case source::kind::unsigned_integer: v = static_cast<double>(from.unsigned_integer()); return;
    default: scope.fail("must be a number");
  }
}
const type_shape& codec<double>::shape() {
  static const type_shape s{.kind = source::kind::real};
  return s;
}

void codec<std::string>::decode(const source& from, std::string& v, decode_scope& scope, const attributes& attr) {
  if (from.type() != source::kind::text) return scope.fail("must be text");
  if (scope.strict()) check_text(from.text(), attr, scope);
  v = from.text();
}
const type_shape& codec<std::string>::shape() {
  static const type_shape s{.kind = source::kind::text};
  return s;
}

void codec<bytes>::encode(sink& to, const bytes& v) {
  if (to.human())
    to.text(to_base64(v.data));
  else
    to.binary(v.data);
}
void codec<bytes>::decode(const source& from, bytes& v, decode_scope& scope, const attributes& attr) {
  if (from.type() == source::kind::binary) {
    v.data = from.binary();
  } else if (from.human() && from.type() == source::kind::text) {
    auto raw = from_base64(from.text());
    if (!raw) return scope.fail("must be base64 text");
    v.data = std::move(*raw);
  } else {
    return scope.fail(from.human() ? "must be base64 text" : "must be binary");
  }
  if (scope.strict()) check_size(v.data.size(), attr, scope, "bytes");
}
const type_shape& codec<bytes>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "base64"};
  return s;
}

namespace {

// The root of a JSON text arrives as a source that cannot see duplicate keys; look for them while transcoding.
bool has_duplicate_keys(const source& from) {
  struct visitor final : source::member_visitor, source::element_visitor {
    bool element(const source& child) override { return !(found = found || has_duplicate_keys(child)); }
    bool member(std::string_view name, const source& child) override {
      names.push_back(name);
      return !(found = found || has_duplicate_keys(child));
    }
    std::vector<std::string_view> names;
    bool found = false;
  } each;
  if (from.type() == source::kind::array) from.each_element(each);
  if (from.type() != source::kind::object) return each.found;
  from.each_member(each);
  std::sort(each.names.begin(), each.names.end());
  return each.found || std::adjacent_find(each.names.begin(), each.names.end()) != each.names.end();
}

}  // namespace

void codec<document>::decode(const source& from, document& v, decode_scope& scope, const attributes& attr) {
  if (scope.strict() && has_duplicate_keys(from)) return scope.fail("has a duplicate key");
  v.msgpack = from.to_msgpack();
  if (scope.strict()) check_size(v.msgpack.size(), attr, scope, "bytes");
}
const type_shape& codec<document>::shape() {
  static const type_shape s{.kind = source::kind::object, .format = "any"};
  return s;
}

void codec<sealed_secret>::encode(sink& to, const sealed_secret& v) {
  // A door shows that there is a secret, never the secret, not even sealed.
  if (to.human())
    to.text(v.box.empty() ? "" : "(secret)");
  else
    to.binary(v.box);
}
void codec<sealed_secret>::decode(const source& from, sealed_secret& v, decode_scope& scope, const attributes& attr) {
  if (from.type() == source::kind::binary && !scope.strict()) {
    v.box = from.binary();
    return;
  }
  if (from.type() != source::kind::text) return scope.fail("must be text");
  check_size(from.text().size(), attr, scope, "bytes");
  if (scope.sealer() == nullptr) return scope.fail("cannot be accepted here: no key to seal secrets");
  v = scope.sealer()->seal(from.text());
}
const type_shape& codec<sealed_secret>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "secret"};
  return s;
}

void codec<uuid>::encode(sink& to, const uuid& v) {
  if (to.human())
    to.text(v.text());
  else
    to.binary(v.view());
}
void codec<uuid>::decode(const source& from, uuid& v, decode_scope& scope, const attributes&) {
  if (from.type() == source::kind::binary && from.binary().size() == 16) {
    v = uuid::from(from.binary());
    return;
  }
  if (from.type() == source::kind::text)
    if (auto parsed = parse_uuid(from.text())) {
      v = *parsed;
      return;
    }
  scope.fail("must be a UUID");
}
const type_shape& codec<uuid>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "uuid"};
  return s;
}

void codec<digest>::encode(sink& to, const digest& v) {
  if (to.human())
    to.text(v.hex());
  else
    to.binary(v.view());
}
void codec<digest>::decode(const source& from, digest& v, decode_scope& scope, const attributes&) {
  if (from.type() == source::kind::binary && from.binary().size() == 32) {
    v = digest::from(from.binary());
    return;
  }
  if (from.type() == source::kind::text)
    if (auto raw = from_hex(from.text()); raw && raw->size() == 32) {
      v = digest::from(*raw);
      return;
    }
  scope.fail("must be a SHA-256 digest in hex");
}
const type_shape& codec<digest>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "sha256"};
  return s;
}

void codec<timestamp>::encode(sink& to, const timestamp& v) {
  if (to.human())
    to.text(to_rfc3339(v));
  else
    to.integer(v.us);
}
void codec<timestamp>::decode(const source& from, timestamp& v, decode_scope& scope, const attributes&) {
  if (from.type() == source::kind::text) {
    if (auto parsed = parse_rfc3339(from.text())) {
      v = *parsed;
      return;
    }
  } else if (!from.human() && read_integer(from, v.us)) {
    return;
  }
  scope.fail("must be an RFC 3339 time such as 2026-01-31T23:59:59Z");
}
const type_shape& codec<timestamp>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "date-time"};
  return s;
}

void codec<address>::decode(const source& from, address& v, decode_scope& scope, const attributes&) {
  if (from.type() == source::kind::text)
    if (auto parsed = parse_address(from.text())) {
      v = *std::move(parsed);
      return;
    }
  scope.fail("must be an address tenant/type/key");
}
const type_shape& codec<address>::shape() {
  static const type_shape s{.kind = source::kind::text, .format = "address"};
  return s;
}

namespace {

void write_schema(json_sink& to, const type_shape& shape, const type_shape::member* as);

std::string_view type_name(const type_shape& shape) {
  switch (shape.kind) {
    case source::kind::boolean: return "boolean";
    case source::kind::integer:
    case source::kind::unsigned_integer: return "integer";
    case source::kind::real: return "number";
    case source::kind::text:
    case source::kind::binary: return "string";
    case source::kind::array: return "array";
    case source::kind::object: return "object";
    case source::kind::null: return "null";
  }
  LL_INVARIANT(false, "kind {} has no JSON type", static_cast<int>(shape.kind));
}

void write_text_member(json_sink& to, std::string_view key, std::string_view value) {
  to.key(key);
  to.text(value);
}

void write_limits(json_sink& to, const type_shape& shape, const attributes& attr) {
  const attributes none;
  const auto limit = [&](std::string_view key, auto value, auto unset) {
    if (value == unset) return;
    to.key(key);
    to.integer(static_cast<std::int64_t>(value));
  };
  if (shape.kind == source::kind::integer || shape.kind == source::kind::unsigned_integer) {
    limit("minimum", attr.min, none.min);
    limit("maximum", attr.max, none.max);
  } else if (shape.kind == source::kind::array) {
    limit("minItems", attr.size_min, none.size_min);
    limit("maxItems", attr.size_max, none.size_max);
  } else if (shape.kind == source::kind::text && shape.names.empty() && shape.format != "base64") {
    limit("minLength", attr.size_min, none.size_min);
    limit("maxLength", attr.size_max, none.size_max);
    if (attr.text == charset::name) write_text_member(to, "pattern", "^[a-z0-9][a-z0-9_.-]{0,63}$");
    if (attr.text == charset::visible) write_text_member(to, "pattern", "^[!-~]+$");
  }
}

void write_object(json_sink& to, const type_shape& shape) {
  to.key("properties");
  to.begin_object(shape.members.size());
  for (const auto& member : shape.members) {
    to.key(member.name);
    write_schema(to, *member.type, &member);
  }
  to.end_object();
  to.key("required");
  to.begin_array(0);
  for (const auto& member : shape.members)
    if (!member.attr.optional) to.text(member.name);
  to.end_array();
  to.key("additionalProperties");
  to.boolean(false);
}

void write_type(json_sink& to, const type_shape& shape) {
  if (shape.format == "any") return;
  to.key("type");
  if (shape.nullable) {
    to.begin_array(2);
    to.text(type_name(shape));
    to.text("null");
    to.end_array();
  } else {
    to.text(type_name(shape));
  }
  if (shape.format == "base64")
    write_text_member(to, "contentEncoding", "base64");
  else if (shape.format == "secret")
    write_text_member(to, "format", "password");
  else if (!shape.format.empty())
    write_text_member(to, "format", shape.format);
}

void write_schema(json_sink& to, const type_shape& shape, const type_shape::member* as) {
  to.begin_object(0);
  if (!shape.alternatives.empty()) {
    to.key("oneOf");
    to.begin_array(0);
    for (const auto* alternative : shape.alternatives) write_schema(to, *alternative, nullptr);
    to.end_array();
    return to.end_object();
  }
  write_type(to, shape);
  const std::string_view doc = as != nullptr && !as->attr.doc.empty() ? as->attr.doc : shape.doc;
  if (!doc.empty()) write_text_member(to, "description", doc);
  if (!shape.names.empty()) {
    to.key("enum");
    to.begin_array(0);
    for (const auto name : shape.names) to.text(name);
    to.end_array();
  }
  if (as != nullptr) {
    write_limits(to, shape, as->attr);
    if (!as->attr.unit.empty()) write_text_member(to, "x-unit", as->attr.unit);
    if (as->attr.personal) {
      to.key("x-personal");
      to.boolean(true);
    }
    if (!as->default_msgpack.empty()) {
      to.key("default");
      to.raw(as->default_msgpack);
    }
  }
  if (shape.element != nullptr) {
    to.key(shape.is_map ? "additionalProperties" : "items");
    write_schema(to, *shape.element, nullptr);
  } else if (shape.kind == source::kind::object && shape.format != "any") {
    write_object(to, shape);
  }
  to.end_object();
}

}  // namespace

std::string json_schema(const type_shape& shape) {
  std::string out;
  json_sink to{out};
  write_schema(to, shape, nullptr);
  return out;
}

}  // namespace logline::core
