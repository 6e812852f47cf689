#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/core/described.hpp"

/// One struct that uses every codec type there is.
namespace logline::sample {

enum class colour : std::uint8_t { red, green };
constexpr auto describe_enum(core::type_tag<colour>) {
  return std::array{core::enumerator<colour>{colour::red, "red"}, core::enumerator<colour>{colour::green, "green"}};
}

struct point {
  std::int32_t x = 0;
  std::uint16_t y = 0;
  friend bool operator==(const point&, const point&) = default;
};
constexpr auto describe(core::type_tag<point>) {
  using core::field;
  return core::description<point>("point", "A place.", field("x", &point::x, {.min = -10, .max = 10}),
                                  field("y", &point::y));
}

struct empty {
  friend bool operator==(const empty&, const empty&) = default;
};
constexpr auto describe(core::type_tag<empty>) {
  return core::description<empty>("empty", "Nothing there.");
}
struct full {
  std::string what;
  friend bool operator==(const full&, const full&) = default;
};
constexpr auto describe(core::type_tag<full>) {
  return core::description<full>("full", "Something there.", core::field("what", &full::what));
}

struct everything {
  bool flag = false;
  std::int64_t number = 0;
  std::uint64_t count = 0;
  std::uint8_t small = 0;
  double ratio = 0;
  std::string text;
  std::string name = "a";
  core::bytes raw;
  core::document free;
  core::uuid id;
  core::digest hash;
  core::timestamp at;
  core::address where{"t", "y", "k"};
  core::gseq position;
  colour shade = colour::red;
  point place;
  std::vector<point> path;
  std::map<std::string, std::int64_t> marks;
  std::optional<std::string> note;
  std::variant<empty, full> now;
  std::int64_t tries = 5;
  friend bool operator==(const everything&, const everything&) = default;
};
constexpr auto describe(core::type_tag<everything>) {
  using core::field;
  return core::description<everything>(
      "everything", "Every codec at once.", field("flag", &everything::flag, {.doc = "yes or no"}),
      field("number", &everything::number), field("count", &everything::count), field("small", &everything::small),
      field("ratio", &everything::ratio, {.unit = "s"}),
      field("text", &everything::text, {.personal = true, .size_min = 0, .size_max = 32}),
      field("name", &everything::name, {.text = core::charset::name}), field("raw", &everything::raw, {.size_max = 8}),
      field("free", &everything::free, {.size_max = 256}), field("id", &everything::id),
      field("hash", &everything::hash), field("at", &everything::at), field("where", &everything::where),
      field("position", &everything::position), field("shade", &everything::shade), field("place", &everything::place),
      field("path", &everything::path, {.size_max = 3}), field("marks", &everything::marks, {.size_max = 3}),
      field("note", &everything::note, {.personal = true}), field("now", &everything::now, {.optional = true}),
      field("tries", &everything::tries, {.doc = "how often", .optional = true, .unit = "times", .min = 1, .max = 50}));
}

/// A value that differs from the default in every field.
inline everything filled() {
  everything v;
  v.flag = true;
  v.number = -9'007'199'254'740'993;
  v.count = 18'446'744'073'709'551'615u;
  v.small = 255;
  v.ratio = 0.1;
  v.text = "olá \"\\\n";
  v.name = "a.b-c_9";
  v.raw = {std::string{"\0\xff\x7f", 3}};
  v.free.msgpack = "\x81\xa1k\xc4\x01\xff";
  v.id = core::make_uuid7(1'700'000'000'000, 1, 2);
  v.hash = core::sha256("abc");
  v.at = {1'774'746'000'123'456};
  v.where = {"acme", "task_queue", "email/br"};
  v.position = core::gseq{42};
  v.shade = colour::green;
  v.place = {-3, 7};
  v.path = {{1, 2}, {3, 4}};
  v.marks = {{"a", 1}, {"ç", -2}};
  v.note = "n";
  v.now = full{"tea"};
  v.tries = 7;
  return v;
}

/// Strict decoding, as a command from a door gets it.
template <class T>
core::result<T> from_door(const core::source& from) {
  T out{};
  core::decode_scope scope{true};
  core::codec<T>::decode(from, out, scope, {});
  if (scope.failed()) return scope.take_failure("sample");
  return out;
}

}  // namespace logline::sample
