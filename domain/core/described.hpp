#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/core/address.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/codec.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/msgpack.hpp"
#include "domain/core/personal.hpp"
#include "domain/core/secret_box.hpp"
#include "domain/core/time.hpp"
#include "domain/core/uuid.hpp"

/// Describe a struct once; every codec, schema, command-line flag and page of documentation is derived from it:
///
///   struct enqueue { std::string kind; document payload; std::int64_t max_attempts = 5; };
///   constexpr auto describe(type_tag<enqueue>) {
///     return description<enqueue>("enqueue", "Adds a task.",
///         field("kind", &enqueue::kind, {.doc = "what to do", .text = charset::name}),
///         field("payload", &enqueue::payload, {.doc = "what the handler gets", .size_max = 262'144}),
///         field("max_attempts", &enqueue::max_attempts, {.doc = "tries", .optional = true, .min = 1, .max = 50}));
///   }
namespace logline::core {

template <class T>
struct type_tag {
  using type = T;
};

/// Which characters a text may hold.
enum class charset : std::uint8_t {
  any,      ///< any UTF-8 without NUL
  name,     ///< [a-z0-9_.-], starts with a letter or digit
  visible,  ///< visible ASCII
};

/// What is said of a field beside its name and type.
struct attributes {
  std::string_view doc = {};
  bool optional = false;  ///< may be absent; then it keeps the struct's default
  bool personal = false;  ///< about a person; sealed under the subject's key before it is journaled (engine GDP-04)
  std::string_view subject = {};  ///< of a personal field: the field beside it that says about whom; else the author
  bool names_subject = false;     ///< of a text: a subject's id; journaled as its pseudonym only (GDP-10)
  std::string_view unit = {};     ///< "s", "ms", "bytes"
  std::int64_t min = std::numeric_limits<std::int64_t>::min();  ///< of a number
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::size_t size_min = 0;  ///< bytes of a text, blob or document; elements of a list
  std::size_t size_max = 65'536;
  charset text = charset::any;
};

template <class Struct, class Member>
struct field_description {
  std::string_view name;
  Member Struct::*member;
  attributes attr;
};

template <class Struct, class Member>
constexpr field_description<Struct, Member> field(std::string_view name, Member Struct::*member, attributes attr = {}) {
  return {name, member, attr};
}

template <class Struct, class... Fields>
struct struct_description {
  std::string_view name;
  std::string_view doc;
  std::uint16_t version = 1;  ///< of a stored shape; raised together with an upcaster (JRN-09)
  std::tuple<Fields...> fields;
};

template <class Struct, class... Fields>
constexpr struct_description<Struct, Fields...> description(std::string_view name, std::string_view doc,
                                                            Fields... fields) {
  return {name, doc, 1, {fields...}};
}
template <class Struct, class... Fields>
constexpr struct_description<Struct, Fields...> description_v(std::uint16_t version, std::string_view name,
                                                              std::string_view doc, Fields... fields) {
  return {name, doc, version, {fields...}};
}

template <class T>
concept described = requires {
  describe(type_tag<T>{});
};

/// Enums list their names: constexpr auto describe_enum(type_tag<E>) returns an array of {value, "name"}.
template <class E>
struct enumerator {
  E value;
  std::string_view name;
};
template <class T>
concept described_enum = std::is_enum_v<T> && requires {
  describe_enum(type_tag<T>{});
};

/// What a type looks like to a schema writer.
struct type_shape {
  source::kind kind = source::kind::object;
  std::string_view format = {};  ///< "uuid", "date-time", "base64", "secret", "any"
  bool nullable = false;
  const type_shape* element = nullptr;  ///< of arrays and maps
  bool is_map = false;
  std::vector<std::string_view> names = {};  ///< of enums
  struct member {
    std::string_view name;
    attributes attr;
    const type_shape* type;
    std::string default_msgpack;  ///< what an absent optional field means; empty when there is nothing to say
  };
  std::string_view name = {};
  std::string_view doc = {};
  std::vector<member> members = {};
  std::vector<const type_shape*> alternatives = {};  ///< of variants
};

/// Checks limits of a decoded value; used by strict decoding only.
void check_text(std::string_view value, const attributes& attr, decode_scope& scope);
void check_key(std::string_view name, decode_scope& scope);
void check_size(std::size_t size, const attributes& attr, decode_scope& scope, std::string_view unit);
void check_number(std::int64_t value, const attributes& attr, decode_scope& scope);

template <class T>
struct codec;  // encode(sink&, const T&), decode(const source&, T&, decode_scope&, const attributes&), shape()

template <class T>
void encode_value(sink& to, const T& value) {
  codec<T>::encode(to, value);
}

template <>
struct codec<bool> {
  static void encode(sink& to, bool v) { to.boolean(v); }
  static void decode(const source& from, bool& v, decode_scope& scope, const attributes&) {
    if (from.type() != source::kind::boolean) return scope.fail("must be true or false");
    v = from.boolean();
  }
  static const type_shape& shape();
};

/// Reads any integer that fits 64 bits, from a number or (JSON, beyond 2^53) from text.
bool read_integer(const source& from, std::int64_t& out);
bool read_unsigned(const source& from, std::uint64_t& out);
const type_shape& integer_shape(bool is_unsigned);

template <std::integral T>
requires(!std::same_as<T, bool>) struct codec<T> {
  static void encode(sink& to, T v) {
    if constexpr (std::is_signed_v<T>)
      to.integer(v);
    else
      to.unsigned_integer(v);
  }
  static void decode(const source& from, T& v, decode_scope& scope, const attributes& attr) {
    if constexpr (std::is_signed_v<T>) {
      std::int64_t n = 0;
      if (!read_integer(from, n) || n < std::numeric_limits<T>::min() || n > std::numeric_limits<T>::max())
        return scope.fail("must be an integer");
      if (scope.strict()) check_number(n, attr, scope);
      v = static_cast<T>(n);
    } else {
      std::uint64_t n = 0;
      if (!read_unsigned(from, n) || n > std::numeric_limits<T>::max()) return scope.fail("must be an integer ≥ 0");
      if (scope.strict() && n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        check_number(static_cast<std::int64_t>(n), attr, scope);
      v = static_cast<T>(n);
    }
  }
  static const type_shape& shape() { return integer_shape(std::is_unsigned_v<T>); }
};

template <>
struct codec<double> {
  static void encode(sink& to, double v) { to.real(v); }
  static void decode(const source& from, double& v, decode_scope& scope, const attributes&);
  static const type_shape& shape();
};

template <>
struct codec<std::string> {
  static void encode(sink& to, const std::string& v) { to.text(v); }
  static void decode(const source& from, std::string& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

template <>
struct codec<bytes> {
  static void encode(sink& to, const bytes& v);
  static void decode(const source& from, bytes& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

/// What keeps a parsed value from being a document: a duplicate key (JSON), a key or text that is not UTF-8, a key with
/// NUL, a "$b64" that is not base64. Null when nothing does. Parsers accept more than we keep.
const char* document_problem(const source& from);

template <>
struct codec<document> {
  static void encode(sink& to, const document& v) { to.raw(v.msgpack); }
  static void decode(const source& from, document& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

template <>
struct codec<sealed_secret> {
  static void encode(sink& to, const sealed_secret& v);
  static void decode(const source& from, sealed_secret& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

template <>
struct codec<uuid> {
  static void encode(sink& to, const uuid& v);
  static void decode(const source& from, uuid& v, decode_scope& scope, const attributes&);
  static const type_shape& shape();
};

template <>
struct codec<digest> {
  static void encode(sink& to, const digest& v);
  static void decode(const source& from, digest& v, decode_scope& scope, const attributes&);
  static const type_shape& shape();
};

template <>
struct codec<timestamp> {
  static void encode(sink& to, const timestamp& v);
  static void decode(const source& from, timestamp& v, decode_scope& scope, const attributes&);
  static const type_shape& shape();
};

template <>
struct codec<address> {
  static void encode(sink& to, const address& v) { to.text(v.text()); }
  static void decode(const source& from, address& v, decode_scope& scope, const attributes&);
  static const type_shape& shape();
};

template <class T, class Tag>
struct codec<strong<T, Tag>> {
  static void encode(sink& to, const strong<T, Tag>& v) { codec<T>::encode(to, v.value); }
  static void decode(const source& from, strong<T, Tag>& v, decode_scope& scope, const attributes& attr) {
    codec<T>::decode(from, v.value, scope, attr);
  }
  static const type_shape& shape() { return codec<T>::shape(); }
};

template <described_enum E>
struct codec<E> {
  static void encode(sink& to, E v) { to.text(name(v)); }
  static void decode(const source& from, E& v, decode_scope& scope, const attributes&) {
    if (from.type() == source::kind::text)
      for (const auto& e : describe_enum(type_tag<E>{}))
        if (e.name == from.text()) {
          v = e.value;
          return;
        }
    std::string names;
    for (const auto& e : describe_enum(type_tag<E>{}))
      names += (names.empty() ? "" : ", ") + std::string{e.name};
    scope.fail("must be one of " + names);
  }
  static std::string_view name(E v) {
    for (const auto& e : describe_enum(type_tag<E>{}))
      if (e.value == v) return e.name;
    LL_INVARIANT(false, "enumerator {} is not described", static_cast<int>(v));
  }
  static const type_shape& shape() {
    static const type_shape s = [] {
      type_shape out{.kind = source::kind::text};
      for (const auto& e : describe_enum(type_tag<E>{}))
        out.names.push_back(e.name);
      return out;
    }();
    return s;
  }
};

template <class T>
struct codec<std::optional<T>> {
  static void encode(sink& to, const std::optional<T>& v) {
    if (v)
      codec<T>::encode(to, *v);
    else
      to.null();
  }
  static void decode(const source& from, std::optional<T>& v, decode_scope& scope, const attributes& attr) {
    if (from.type() == source::kind::null) return v.reset();
    codec<T>::decode(from, v.emplace(), scope, attr);
  }
  static const type_shape& shape() {
    static const type_shape s = [] {
      type_shape out = codec<T>::shape();
      out.nullable = true;
      return out;
    }();
    return s;
  }
};

template <class T>
struct codec<std::vector<T>> {
  static void encode(sink& to, const std::vector<T>& v) {
    to.begin_array(v.size());
    for (const auto& e : v)
      codec<T>::encode(to, e);
    to.end_array();
  }
  static void decode(const source& from, std::vector<T>& v, decode_scope& scope, const attributes& attr) {
    if (from.type() != source::kind::array) return scope.fail("must be a list");
    if (scope.strict()) check_size(from.size(), attr, scope, "elements");
    if (scope.strict() && from.size() > attr.size_max) return;
    struct visitor final : source::element_visitor {
      visitor(std::vector<T>& o, decode_scope& s) : out(o), scope(s) {}
      bool element(const source& child) override {
        scope.enter(out.size());
        codec<T>::decode(child, out.emplace_back(), scope, {});
        scope.leave();
        return true;
      }
      std::vector<T>& out;
      decode_scope& scope;
    } each{v, scope};
    v.clear();
    v.reserve(from.size());
    from.each_element(each);
  }
  static const type_shape& shape() {
    static const type_shape s{.kind = source::kind::array, .element = &codec<T>::shape()};
    return s;
  }
};

/// Maps whose key is or prints as text. std::map keeps them sorted, so equal maps encode equally.
template <class T>
struct codec<std::map<std::string, T>> {
  static void encode(sink& to, const std::map<std::string, T>& v) {
    to.begin_object(v.size());
    for (const auto& [name, e] : v) {
      to.key(name);
      codec<T>::encode(to, e);
    }
    to.end_object();
  }
  static void decode(const source& from, std::map<std::string, T>& v, decode_scope& scope, const attributes& attr) {
    if (from.type() != source::kind::object) return scope.fail("must be an object");
    if (scope.strict()) check_size(from.size(), attr, scope, "members");
    if (scope.strict() && from.size() > attr.size_max) return;
    struct visitor final : source::member_visitor {
      visitor(std::map<std::string, T>& o, decode_scope& s) : out(o), scope(s) {}
      bool member(std::string_view name, const source& child) override {
        scope.enter(name);
        if (scope.strict()) check_key(name, scope);
        const auto [place, fresh] = out.try_emplace(std::string{name});
        if (!fresh) scope.fail("comes twice");
        codec<T>::decode(child, place->second, scope, {});
        scope.leave();
        return true;
      }
      std::map<std::string, T>& out;
      decode_scope& scope;
    } each{v, scope};
    v.clear();
    from.each_member(each);
  }
  static const type_shape& shape() {
    static const type_shape s{.kind = source::kind::object, .element = &codec<T>::shape(), .is_map = true};
    return s;
  }
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Empty optionals are left out, so that adding one to a shape changes no stored digest of older values.
template <class Member>
bool is_left_out(const Member& value) {
  if constexpr (is_optional<Member>)
    return !value.has_value();
  else
    return false;
}

}  // namespace detail

template <described T>
struct codec<T> {
  static constexpr auto about = describe(type_tag<T>{});
  static constexpr std::size_t field_count = std::tuple_size_v<decltype(about.fields)>;
  static_assert(field_count <= 64, "seen fields are kept in 64 bits");

  static void encode(sink& to, const T& v) {
    std::apply(
        [&](const auto&... f) {
          to.begin_object((std::size_t{0} + ... + (detail::is_left_out(v.*f.member) ? 0u : 1u)));
          (encode_field(to, v, f), ...);
          to.end_object();
        },
        about.fields);
  }

  static void decode(const source& from, T& v, decode_scope& scope, const attributes&) {
    if (from.type() != source::kind::object) return scope.fail("must be an object");
    struct visitor final : source::member_visitor {
      visitor(T& o, decode_scope& s) : out(o), scope(s) {}
      bool member(std::string_view name, const source& child) override {
        codec::member(name, child, out, scope, seen, std::make_index_sequence<field_count>{});
        return true;
      }
      T& out;
      decode_scope& scope;
      std::uint64_t seen = 0;
    } each{v, scope};
    from.each_member(each);
    require_all(each.seen, scope, std::make_index_sequence<field_count>{});
  }

  static const type_shape& shape() {
    static const type_shape s = [] {
      type_shape out{.kind = source::kind::object, .name = about.name, .doc = about.doc};
      const T defaults{};
      std::apply([&](const auto&... f) { (out.members.push_back(shape_of(f, defaults)), ...); }, about.fields);
      return out;
    }();
    return s;
  }

 private:
  template <class Field>
  static void encode_field(sink& to, const T& v, const Field& f) {
    const auto& value = v.*f.member;
    if (detail::is_left_out(value)) return;
    to.key(f.name);
    encode_value(to, value);
  }

  template <std::size_t... I>
  static void member(std::string_view name, const source& child, T& out, decode_scope& scope, std::uint64_t& seen,
                     std::index_sequence<I...>) {
    scope.enter(name);
    const bool known = ((std::get<I>(about.fields).name == name && (take<I>(child, out, scope, seen), true)) || ...);
    if (!known && scope.strict()) scope.fail("unknown field");
    scope.leave();
  }

  template <std::size_t I>
  static void take(const source& child, T& out, decode_scope& scope, std::uint64_t& seen) {
    constexpr std::uint64_t bit = std::uint64_t{1} << I;
    if ((seen & bit) != 0) scope.fail("comes twice");
    seen |= bit;
    const auto& f = std::get<I>(about.fields);
    using member_type = std::remove_cvref_t<decltype(out.*f.member)>;
    if constexpr (std::get<I>(about.fields).attr.personal)
      if (!scope.strict() && is_sealed(child)) return;
    codec<member_type>::decode(child, out.*f.member, scope, f.attr);
  }

  template <std::size_t... I>
  static void require_all([[maybe_unused]] std::uint64_t seen, [[maybe_unused]] decode_scope& scope,
                          std::index_sequence<I...>) {
    (require<I>(seen, scope), ...);
  }
  template <std::size_t I>
  static void require(std::uint64_t seen, decode_scope& scope) {
    const auto& f = std::get<I>(about.fields);
    using member_type = std::remove_cvref_t<decltype(std::declval<T&>().*f.member)>;
    if (f.attr.optional || detail::is_optional<member_type> || (seen & (std::uint64_t{1} << I)) != 0) return;
    scope.enter(f.name);
    scope.fail("is required");
    scope.leave();
  }

  template <class Field>
  static type_shape::member shape_of(const Field& f, const T& defaults) {
    using member_type = std::remove_cvref_t<decltype(defaults.*f.member)>;
    std::string default_msgpack;
    if (f.attr.optional && !detail::is_left_out(defaults.*f.member)) {
      msgpack_sink to{default_msgpack};
      encode_value(to, defaults.*f.member);
    }
    attributes attr = f.attr;
    attr.optional = attr.optional || detail::is_optional<member_type>;
    return {f.name, attr, &codec<member_type>::shape(), std::move(default_msgpack)};
  }
};

/// A state that is a sum of situations: {"situation": NAME, "with": {…the situation's fields}}, in this order. The
/// alternatives are described structs.
template <described... Ts>
struct codec<std::variant<Ts...>> {
  using sum = std::variant<Ts...>;

  static void encode(sink& to, const sum& v) {
    std::visit(
        [&]<class S>(const S& situation) {
          to.begin_object(2);
          to.key("situation");
          to.text(codec<S>::about.name);
          to.key("with");
          codec<S>::encode(to, situation);
          to.end_object();
        },
        v);
  }
  static void decode(const source& from, sum& v, decode_scope& scope, const attributes&) {
    if (from.type() != source::kind::object) return scope.fail("must be an object");
    struct visitor final : source::member_visitor {
      visitor(sum& o, decode_scope& s) : out(o), scope(s) {}
      bool member(std::string_view name, const source& child) override {
        scope.enter(name);
        if (name == "situation" && child.type() == source::kind::text && !chosen)
          choose(child.text());
        else if (name == "with" && chosen)
          std::visit([&]<class S>(S& situation) { codec<S>::decode(child, situation, scope, {}); }, out);
        else
          scope.fail("unknown or misplaced field");
        scope.leave();
        return true;
      }
      void choose(std::string_view situation) {
        chosen = ((codec<Ts>::about.name == situation && (out = Ts{}, true)) || ...);
        if (!chosen) scope.fail("names no known situation");
      }
      sum& out;
      decode_scope& scope;
      bool chosen = false;
    } each{v, scope};
    from.each_member(each);
    if (!each.chosen && !scope.failed()) scope.fail("names no situation");
  }
  static const type_shape& shape() {
    static const type_shape s{.kind = source::kind::object, .alternatives = {&codec<Ts>::shape()...}};
    return s;
  }
};

// -- whole values

template <class T>
std::string to_msgpack(const T& value) {
  std::string out;
  out.reserve(256);  // most values fit, and none is copied from size to size
  msgpack_sink to{out};
  encode_value(to, value);
  return out;
}

/// As doors show it: see audience.
template <class T>
std::string to_shown_msgpack(const T& value) {
  std::string out;
  msgpack_sink to{out, audience::shown};
  encode_value(to, value);
  return out;
}

template <class T>
document to_document(const T& value) {
  return document{to_msgpack(value)};
}

/// Tolerant decode of what we stored ourselves.
template <class T>
result<T> from_msgpack(std::string_view encoded) {
  T out{};
  decode_scope scope{false};
  auto parsed = read_msgpack(encoded, [&](const source& from) { codec<T>::decode(from, out, scope, {}); });
  if (!parsed) return parsed.error();
  if (scope.failed()) return scope.take_failure("stored value");
  return out;
}

/// Writes a stored value the way doors show it: ids, times, digests and bytes as text, secrets hidden. What the shape
/// does not know, because it is older or newer, is copied as it stands. The value must be one msgpack value that we
/// stored ourselves.
void show_stored(const type_shape& shape, std::string_view stored, sink& to);

/// JSON Schema (draft 2020-12) of a shape; members keep their order.
std::string json_schema(const type_shape& shape);

}  // namespace logline::core
