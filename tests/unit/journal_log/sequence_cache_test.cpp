#include <catch2/catch.hpp>

#include "journal/sequence_cache.hpp"

using namespace logline;
using namespace logline::journal;

namespace {

core::address entity(std::uint64_t n) {
  return {"acme", "counter", "n" + std::to_string(n)};
}

sequence_cache::entry at(std::uint64_t position) {
  return {core::eseq{1}, core::gseq{position}};
}

}  // namespace

TEST_CASE("the cache stays within its bound and forgets what was not used longest") {
  sequence_cache cache{100};
  for (std::uint64_t n = 1; n <= 10'000; ++n) {
    cache.add(entity(n), at(n), core::gseq{n});
    REQUIRE(cache.find(entity(1)) != nullptr);  // in use all the time
  }
  CHECK(cache.size() <= 102);
  CHECK(cache.find(entity(10'000)) != nullptr);
  CHECK(cache.find(entity(5'000)) == nullptr);
}

TEST_CASE("an entity whose last record is not durable is not forgotten", "[JRN-04]") {
  sequence_cache cache{10};
  for (std::uint64_t n = 1; n <= 1'000; ++n)
    cache.add(entity(n), at(n), core::gseq{499});
  for (std::uint64_t n = 500; n <= 1'000; ++n)
    CHECK(cache.find(entity(n)) != nullptr);
  CHECK(cache.find(entity(1)) == nullptr);
}
