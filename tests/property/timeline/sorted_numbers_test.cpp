#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include "domain/timeline/sorted_numbers.hpp"

#include <rapidcheck/catch.h>

using logline::timeline::sorted_numbers;

namespace {

std::vector<std::uint32_t> walk(const sorted_numbers& numbers) {
  std::vector<std::uint32_t> out;
  for (auto p = numbers.begin(); p != numbers.end(); p = numbers.next(p))
    out.push_back(numbers.at(p));
  return out;
}

std::vector<std::uint32_t> walk_back(const sorted_numbers& numbers) {
  std::vector<std::uint32_t> out;
  for (auto p = numbers.end(); p != numbers.begin();) {
    p = numbers.previous(p);
    out.push_back(numbers.at(p));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("sorted numbers are what a sorted vector is, across many blocks") {
  rc::prop("whatever the order of insertion", [] {
    std::vector<std::uint32_t> given(*rc::gen::inRange<std::size_t>(0, 4'000));
    std::iota(given.begin(), given.end(), 0);
    // From in order to shuffled: exchanges of near or far neighbours.
    const auto distance = *rc::gen::inRange<std::size_t>(1, given.size() + 2);
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    for (std::size_t i = 0; i < given.size(); ++i)
      std::swap(given[i], given[std::min(given.size() - 1, i + (seed >> (i % 48)) % distance)]);
    sorted_numbers numbers;
    for (const auto n : given)
      numbers.insert(n, [n](std::uint32_t other) { return other < n; });
    std::sort(given.begin(), given.end());
    RC_ASSERT(numbers.size() == given.size());
    RC_ASSERT(walk(numbers) == given);
    RC_ASSERT(walk_back(numbers) == given);
    const auto bound = *rc::gen::inRange<std::uint32_t>(0, 4'100);
    const auto place = numbers.lower_bound([bound](std::uint32_t n) { return n < bound; });
    const auto expected = std::lower_bound(given.begin(), given.end(), bound);
    RC_ASSERT((place == numbers.end()) == (expected == given.end()));
    if (expected != given.end()) RC_ASSERT(numbers.at(place) == *expected);
  });
}
