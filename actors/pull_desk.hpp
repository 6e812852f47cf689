#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/reply.hpp"
#include "domain/core/envelope.hpp"
#include "domain/core/time.hpp"

namespace logline::actors {

/// A member of a subscription wants events (journal SUB-02).
struct pull_request {
  core::address subscription;
  std::string member;
  std::int64_t limit = 100;  ///< 1 to 100
  core::duration_us wait;    ///< for the first event; at most 5 s
  core::principal_id by;     ///< who asks, as the door knows it
};

struct pulled_record {
  core::record record;
  std::int64_t delivery = 1;  ///< the how-manieth time it is given out
};

/// What a pull brought; empty when nothing came in time. Each record is the member's until it acknowledges it, gives it
/// back, or `until` has passed.
struct pulled {
  std::vector<pulled_record> events;
  core::timestamp until;
};

/// Where pulls lie until the subscriber takes them, whichever life of it. Bounded; any thread.
class pull_desk {
 public:
  struct order {
    pull_request request;
    reply<pulled> answer;
  };
  static constexpr std::size_t waiting_max = 1'000;  ///< pulls of the node that have no answer

  /// OVERLOADED when too many wait.
  void put(pull_request request, reply<pulled> answer) {
    std::unique_lock lock{mutex_};
    if (orders_.size() >= waiting_max) {
      lock.unlock();
      return answer.deliver(core::overloaded("too many pulls wait"));
    }
    orders_.push_back({std::move(request), std::move(answer)});
    if (ring_) ring_();
  }
  std::vector<order> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(orders_, {});
  }
  /// `ring` is called, under a lock and from any thread, whenever an order was put, until leave() with the number that
  /// this answers.
  std::uint64_t attend(std::function<void()> ring) {
    const std::lock_guard lock{mutex_};
    ring_ = std::move(ring);
    if (!orders_.empty()) ring_();
    return ++attendants_;
  }
  void leave(std::uint64_t attendant) {
    const std::lock_guard lock{mutex_};
    if (attendant == attendants_) ring_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::vector<order> orders_;
  std::function<void()> ring_;
  std::uint64_t attendants_ = 0;
};

}  // namespace logline::actors
