#include <catch2/catch.hpp>

#include "domain/core/version_vector.hpp"

using namespace logline;
using core::causality;
using core::version_vector;

namespace {

core::timeline_stamp stamp(const char* site, std::uint64_t n, version_vector vc) {
  return {"s", {site, n}, 0, std::move(vc)};
}

}  // namespace

TEST_CASE("merging vectors takes the larger of each component", "[TLN-03]") {
  CHECK(core::merge({{"a", 1}, {"b", 5}}, {{"b", 2}, {"c", 3}}) == version_vector{{"a", 1}, {"b", 5}, {"c", 3}});
  CHECK(core::merge({}, {}) == version_vector{});
}

TEST_CASE("vectors compare component by component, and an absent one is zero") {
  CHECK(core::compare(version_vector{}, version_vector{{"a", 0}}) == causality::equal);
  CHECK(core::compare(version_vector{}, version_vector{{"a", 1}}) == causality::before);
  CHECK(core::compare(version_vector{{"a", 2}}, version_vector{{"a", 1}}) == causality::after);
  CHECK(core::compare(version_vector{{"a", 1}}, version_vector{{"b", 1}}) == causality::concurrent);
}

TEST_CASE("a happened before b exactly when b's vector covers a's dot and they differ", "[TLN-03]") {
  const auto a1 = stamp("a", 1, {{"a", 1}});
  const auto a2 = stamp("a", 2, {{"a", 2}});
  const auto b1 = stamp("b", 1, {{"a", 1}, {"b", 1}});
  CHECK(core::happens_before(a1, a2));
  CHECK_FALSE(core::happens_before(a2, a1));
  CHECK(core::happens_before(a1, b1));
  CHECK_FALSE(core::happens_before(a2, b1));
  CHECK_FALSE(core::happens_before(a1, a1));
  CHECK(core::compare(a1, a1) == causality::equal);
  CHECK(core::compare(a1, b1) == causality::before);
  CHECK(core::compare(b1, a1) == causality::after);
  CHECK(core::compare(a2, b1) == causality::concurrent);
}

TEST_CASE("a vector covers every dot up to its component") {
  const version_vector v{{"a", 3}};
  CHECK(core::covers(v, {"a", 1}));
  CHECK(core::covers(v, {"a", 3}));
  CHECK_FALSE(core::covers(v, {"a", 4}));
  CHECK_FALSE(core::covers(v, {"b", 1}));
}
