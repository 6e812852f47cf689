#include "domain/integration/delivery_memory.hpp"

#include <catch2/catch.hpp>

using namespace logline;
using integration::delivery_memory;

namespace {

constexpr core::timestamp start{1'767'225'600'000'000};

delivery_memory::key key(std::uint64_t n) {
  return {n, n * 0x9e3779b97f4a7c15ull};
}

}  // namespace

TEST_CASE("a delivery is remembered for nine days, never shorter, and forgotten when a later one comes", "[CON-14]") {
  delivery_memory memory;
  memory.remember(key(1), start, core::eseq{1});
  const auto last_moment = start + core::days(9) - core::duration_us{1};
  REQUIRE(memory.find(key(1), last_moment));
  CHECK(memory.find(key(1), last_moment)->sequence == core::eseq{1});
  CHECK_FALSE(memory.find(key(1), start + core::days(9)));
  CHECK_FALSE(memory.find(key(2), start));
  memory.remember(key(2), last_moment, core::eseq{2});
  CHECK(memory.size() == 2);
  memory.remember(key(3), start + core::days(9), core::eseq{3});
  CHECK(memory.size() == 2);
  CHECK(memory.find(key(2), start + core::days(9)));
  // A key that was forgotten may come again.
  memory.remember(key(1), start + core::days(9), core::eseq{4});
  CHECK(memory.find(key(1), start + core::days(9))->sequence == core::eseq{4});
}

TEST_CASE("when there are too many keys the oldest leaves first") {
  delivery_memory memory;
  for (std::uint64_t n = 0; n < delivery_memory::keys_max; ++n)
    memory.remember(key(n), start, core::eseq{n + 1});
  CHECK(memory.find(key(0), start));
  memory.remember(key(delivery_memory::keys_max), start, core::eseq{delivery_memory::keys_max + 1});
  CHECK(memory.size() == delivery_memory::keys_max);
  CHECK_FALSE(memory.find(key(0), start));
  CHECK(memory.find(key(1), start));
}

TEST_CASE("what is remembered survives storage, in order") {
  delivery_memory memory;
  memory.remember(delivery_memory::key_of("a"), start, core::eseq{1});
  memory.remember(delivery_memory::key_of("b"), start + core::seconds(1), core::eseq{2});
  const std::string stored = core::to_msgpack(memory);
  const auto restored = core::from_msgpack<delivery_memory>(stored);
  REQUIRE(restored);
  CHECK(core::to_msgpack(*restored) == stored);
  CHECK(restored->find(delivery_memory::key_of("b"), start)->sequence == core::eseq{2});
  for (const char* hex : {"01", "9101", "919301020304", "9193010203", "9194010203a0", "919401020304ff"})
    CHECK_FALSE(core::from_msgpack<delivery_memory>(*core::from_hex(hex)));
}
