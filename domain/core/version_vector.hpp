#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "domain/core/described.hpp"
#include "domain/core/envelope.hpp"

namespace logline::core {

/// Component per "site.generation"; an absent component is 0 (engine TLN-01 to TLN-03).
using version_vector = std::map<std::string, std::uint64_t>;

enum class causality : std::uint8_t { before, after, equal, concurrent };
constexpr auto describe_enum(type_tag<causality>) {
  using is = enumerator<causality>;
  return std::array{is{causality::before, "BEFORE"}, is{causality::after, "AFTER"}, is{causality::equal, "EQUAL"},
                    is{causality::concurrent, "CONCURRENT"}};
}

constexpr auto describe(type_tag<dot>) {
  return description<dot>(
      "dot", "The n-th event that a site added to a stream.",
      field("site", &dot::site,
            {.doc = "\"site.generation\"", .size_min = 1, .size_max = 64, .text = charset::visible}),
      field("n", &dot::n, {.doc = "counts from 1", .min = 1}));
}

/// Component-wise maximum: commutative, associative, idempotent (TLN-03).
version_vector merge(const version_vector& a, const version_vector& b);

/// How the whole of `a` relates to the whole of `b`.
causality compare(const version_vector& a, const version_vector& b);

/// Whether event a happened before event b: a ≠ b and b's vector covers a's dot (TLN-03).
bool happens_before(const timeline_stamp& a, const timeline_stamp& b);
causality compare(const timeline_stamp& a, const timeline_stamp& b);

/// Whether the vector covers the dot.
bool covers(const version_vector& v, const dot& d);

}  // namespace logline::core
