#include <catch2/catch.hpp>

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "tests/unit/domain_work/queue_spec.hpp"

/// Every allocation of this program is counted, with what malloc really took for it.
namespace {
std::size_t bytes_in_use = 0;
}

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  bytes_in_use += malloc_usable_size(memory) + sizeof(std::size_t);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  bytes_in_use -= malloc_usable_size(memory) + sizeof(std::size_t);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace logline::work {

namespace {

/// Bytes per task of a queue with 50 000 pending tasks like this one, all indexes and malloc's own headers included.
std::size_t bytes_per_task(task_enqueued like) {
  constexpr std::uint32_t count = 50'000;
  const core::record_meta meta{core::eseq{1}, start_of_time};
  const auto before = bytes_in_use;
  task_queue queue;
  for (std::uint32_t n = 0; n < count; ++n) {
    like.task_id.octets[13] = static_cast<unsigned char>(n >> 16);
    like.task_id.octets[14] = static_cast<unsigned char>(n >> 8);
    like.task_id.octets[15] = static_cast<unsigned char>(n);
    if (like.unique_key) like.unique_key = "order-" + std::string(100, '0') + std::to_string(n);
    evolve(queue, like, meta);
  }
  REQUIRE(queue.tasks.count(task_status::pending) == count);
  return (bytes_in_use - before) / count;
}

}  // namespace

TEST_CASE("a pending task takes at most 400 bytes of memory, its payload none", "[TSK-17]") {
  auto plain = enqueued(1);
  plain.payload = json("{\"a\":\"" + std::string(200'000, 'x') + "\"}");
  CHECK(bytes_per_task(plain) <= 400);
  CHECK(bytes_per_task(plain) > 100);  // it does count

  auto full = plain;
  full.kind = std::string(64, 'k');
  full.unique_key = "";
  full.expires_at = at_min(1);
  full.lease_s = 30;
  full.backoff = backoff_shape::fixed;
  CHECK(bytes_per_task(full) <= 400);
}

}  // namespace logline::work
