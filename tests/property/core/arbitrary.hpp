#pragma once

#include <rapidcheck.h>

#include <string>

#include "domain/core/json.hpp"
#include "tests/unit/domain_core/sample.hpp"

/// Random values of what domain/core encodes.
namespace logline::arbitrary {

/// UTF-8 of up to `size_max` bytes, without NUL.
inline rc::Gen<std::string> text(std::size_t size_max) {
  static const std::vector<std::string> pieces{"a",    "Z",    "0", " ", "\"", "\\", "/",      "\n", "\t",
                                               "\x01", "\x7f", "é", "ç", "€",  "😀",  "\u2028", "{",  "}"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
                      [size_max](const auto& chosen) {
                        std::string out;
                        for (const auto& piece : chosen)
                          if (out.size() + piece.size() <= size_max) out += piece;
                        return out;
                      });
}

inline rc::Gen<std::string> octets(std::size_t size_max) {
  return rc::gen::map(rc::gen::arbitrary<std::vector<unsigned char>>(), [size_max](const auto& v) {
    return std::string(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(std::min(v.size(), size_max)));
  });
}

inline rc::Gen<double> real() {
  return rc::gen::suchThat(
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
      [](double v) { return std::isfinite(v); });
}

/// Any integer, with those at the borders of encodings more often than chance would have them.
inline rc::Gen<std::uint64_t> number() {
  return rc::gen::oneOf(
      rc::gen::arbitrary<std::uint64_t>(),
      rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 64), rc::gen::inRange(-1, 2)),
                   [](const auto& p) { return (std::uint64_t{1} << p.first) + static_cast<std::uint64_t>(p.second); }));
}

/// A free-form value, nested up to `depth`.
inline std::string any_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
  std::string out;
  core::json_sink to{out};
  switch (kind) {
    case 0:
      return "null";
    case 1:
      return *rc::gen::arbitrary<bool>() ? "true" : "false";
    case 2:
      to.integer(static_cast<std::int64_t>(*number()));
      return out;
    case 3:
      to.real(*real());
      return out;
    case 4:
      to.text(*text(32));
      return out;
    case 5:
      to.binary(*octets(16));
      return out;
    case 6: {
      out = "[";
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
        out += any_json(depth - 1) + (i > 1 ? "," : "");
      return out + "]";
    }
    default: {
      out = "{";
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        core::append_json_text(out, std::to_string(i) + *text(8));
        out += ':' + any_json(depth - 1) + (i > 1 ? "," : "");
      }
      return out + "}";
    }
  }
}

inline sample::everything everything() {
  sample::everything v;
  v.flag = *rc::gen::arbitrary<bool>();
  v.number = static_cast<std::int64_t>(*number());
  v.count = *number();
  v.small = *rc::gen::arbitrary<std::uint8_t>();
  v.ratio = *real();
  v.text = *text(32);
  v.name = *rc::gen::elementOf(std::vector<std::string>{"a", "0", "a.b-c_d", std::string(64, 'z')});
  v.raw.data = *octets(8);
  v.free = core::document_from_json(any_json(3)).value();
  if (v.free.msgpack.size() > 256) v.free = {};
  v.id = core::make_uuid7(*rc::gen::inRange<std::int64_t>(0, 1LL << 48), *number(), *number());
  v.hash = core::sha256(*octets(4));
  v.at = {*rc::gen::inRange<std::int64_t>(core::earliest.us, core::latest.us)};
  v.where = {"t-" + std::to_string(*rc::gen::inRange(0, 9)), "y",
             *rc::gen::elementOf(std::vector<std::string>{"k", "A/b/C", "x:@~+-."})};
  v.position = core::gseq{*number()};
  v.shade = *rc::gen::element(sample::colour::red, sample::colour::green);
  v.place = {*rc::gen::inRange(-10, 11), *rc::gen::arbitrary<std::uint16_t>()};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    v.path.push_back({*rc::gen::inRange(-10, 11), *rc::gen::arbitrary<std::uint16_t>()});
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    v.marks[std::to_string(i) + *text(8)] = static_cast<std::int64_t>(*number());
  if (*rc::gen::arbitrary<bool>()) v.note = *text(100);
  if (*rc::gen::arbitrary<bool>()) v.now = sample::full{*text(100)};
  v.tries = *rc::gen::inRange(1, 51);
  return v;
}

}  // namespace logline::arbitrary
