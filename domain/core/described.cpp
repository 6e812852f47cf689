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
    case charset::any:
      return;
    case charset::name:
      if (!is_name(value)) scope.fail("must be 1 to 64 characters of a-z 0-9 _ . - and start with a letter or digit");
      return;
    case charset::visible:
      if (!std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; }))
        scope.fail("must be visible ASCII");
      return;
  }
}

void check_key(std::string_view name, decode_scope& scope) {
  check_text(name, {.size_min = 1, .size_max = 256}, scope);
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
    case source::kind::integer:
      out = from.integer();
      return true;
    case source::kind::unsigned_integer:
      if (from.unsigned_integer() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
      out = static_cast<std::int64_t>(from.unsigned_integer());
      return true;
    // JSON carries integers beyond 2^53 as text (see json_sink); smaller ones in quotes are a mistake.
    case source::kind::text:
      return from.human() && parse_number(from.text(), out) && (out > exact_in_json || out < -exact_in_json);
    default:
      return false;
  }
}

bool read_unsigned(const source& from, std::uint64_t& out) {
  switch (from.type()) {
    case source::kind::integer:
      if (from.integer() < 0) return false;
      out = static_cast<std::uint64_t>(from.integer());
      return true;
    case source::kind::unsigned_integer:
      out = from.unsigned_integer();
      return true;
    case source::kind::text:
      return from.human() && parse_number(from.text(), out) && out > static_cast<std::uint64_t>(exact_in_json);
    default:
      return false;
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
    case source::kind::real:
      v = from.real();
      return;
    case source::kind::integer:
      v = static_cast<double>(from.integer());
      return;
    case source::kind::unsigned_integer:
      v = static_cast<double>(from.unsigned_integer());
      return;
    default:
      scope.fail("must be a number");
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

static bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

const char* document_problem(const source& from) {
  struct visitor final : source::member_visitor, source::element_visitor {
    explicit visitor(bool h) : human(h) {}
    bool element(const source& child) override { return (problem = document_problem(child)) == nullptr; }
    bool member(std::string_view name, const source& child) override {
      if (!is_utf8(name) || name.find('\0') != std::string_view::npos)
        problem = "has a key that is not UTF-8 without NUL";
      if (problem == nullptr) problem = document_problem(child);
      names.push_back(name);
      if (human && name == "$b64" && child.type() == source::kind::text) base64_is_bad = !from_base64(child.text());
      return problem == nullptr;
    }
    bool human;
    bool base64_is_bad = false;
    std::vector<std::string_view> names;
    const char* problem = nullptr;
  } each{from.human()};
  switch (from.type()) {
    case source::kind::text:
      return is_utf8(from.text()) ? nullptr : "has a text that is not UTF-8";
    case source::kind::array:
      from.each_element(each);
      return each.problem;
    case source::kind::object:
      break;
    default:
      return nullptr;
  }
  from.each_member(each);
  if (each.problem != nullptr) return each.problem;
  if (each.names.size() == 1 && each.base64_is_bad) return "has a \"$b64\" that is not base64";
  std::sort(each.names.begin(), each.names.end());
  return std::adjacent_find(each.names.begin(), each.names.end()) != each.names.end() ? "has a duplicate key" : nullptr;
}

void codec<document>::decode(const source& from, document& v, decode_scope& scope, const attributes& attr) {
  if (scope.strict())
    if (const char* problem = document_problem(from)) return scope.fail(problem);
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
  if (to.human() && is_representable(v))
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
  } else if (!from.human() && read_integer(from, v.us) && (!scope.strict() || is_representable(v))) {
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

}  // namespace logline::core
