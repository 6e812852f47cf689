#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "domain/core/hlc.hpp"
#include "domain/core/version_vector.hpp"

#include <rapidcheck/catch.h>

using namespace logline;
using core::version_vector;

namespace {

version_vector vector() {
  version_vector out;
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
    out[std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 4))) + ".1"] =
        *rc::gen::inRange<std::uint64_t>(0, 4);
  return out;
}

bool covers(const version_vector& outer, const version_vector& inner) {
  const auto order = core::compare(inner, outer);
  return order == core::causality::before || order == core::causality::equal;
}

}  // namespace

TEST_CASE("merging vectors is a join: commutative, associative, idempotent, the least upper bound", "[TLN-03]") {
  rc::prop("commutative", [] {
    const auto a = vector();
    const auto b = vector();
    RC_ASSERT(core::merge(a, b) == core::merge(b, a));
  });
  rc::prop("associative", [] {
    const auto a = vector();
    const auto b = vector();
    const auto c = vector();
    RC_ASSERT(core::merge(a, core::merge(b, c)) == core::merge(core::merge(a, b), c));
  });
  rc::prop("idempotent", [] {
    const auto a = vector();
    RC_ASSERT(core::merge(a, a) == a);
  });
  rc::prop("the least upper bound", [] {
    const auto a = vector();
    const auto b = vector();
    const auto joined = core::merge(a, b);
    RC_ASSERT(covers(joined, a));
    RC_ASSERT(covers(joined, b));
    const auto other = vector();
    if (covers(other, a) && covers(other, b)) RC_ASSERT(covers(other, joined));
  });
}

TEST_CASE("comparing vectors is a partial order, seen from both sides") {
  using core::causality;
  rc::prop("mirrored", [] {
    const auto a = vector();
    const auto b = vector();
    const auto there = core::compare(a, b);
    const auto back = core::compare(b, a);
    RC_ASSERT((there == causality::before) == (back == causality::after));
    RC_ASSERT((there == causality::equal) == (back == causality::equal));
    RC_ASSERT((there == causality::concurrent) == (back == causality::concurrent));
  });
  rc::prop("transitive", [] {
    const auto a = vector();
    const auto b = vector();
    const auto c = vector();
    if (covers(b, a) && covers(c, b)) RC_ASSERT(covers(c, a));
  });
}

TEST_CASE("the hybrid clock is strictly increasing and never behind what it heard", "[ENG-06]") {
  rc::prop("whatever the wall clock does", [] {
    core::hybrid_clock clock;
    core::hybrid_time last;
    for (int i = *rc::gen::inRange(1, 50); i > 0; --i) {
      const core::timestamp wall{*rc::gen::inRange<std::int64_t>(0, 100)};
      core::hybrid_time now;
      if (*rc::gen::arbitrary<bool>()) {
        now = clock.tick(wall);
      } else {
        const core::hybrid_time heard{{*rc::gen::inRange<std::int64_t>(0, 120)},
                                      *rc::gen::inRange<std::uint32_t>(0, 5)};
        now = clock.hear(heard, wall);
        RC_ASSERT(now > heard);
      }
      RC_ASSERT(now > last);
      RC_ASSERT(now.physical >= wall);
      RC_ASSERT(clock.ahead_us(wall) == now.physical.us - wall.us);
      last = now;
    }
  });
}
