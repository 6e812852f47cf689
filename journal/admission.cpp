#include "journal/admission.hpp"

#include <utility>

#include <fmt/format.h>

#include "journal/settings.hpp"

namespace logline::journal {

outcome admission::admit(commit_queue::load room) {
  if (closed_.load(std::memory_order_relaxed)) return error{errc::stopped, "the partition is shutting down", {}};
  if (room.records > batch_records_max || room.bytes > batch_bytes_max)
    return error{errc::too_large,
                 fmt::format("{} events of {} bytes, at most {} of {}", room.records, room.bytes, batch_records_max,
                             batch_bytes_max),
                 {}};
  if (auto accepting = log_.accepting(); !accepting) return accepting;
  const std::size_t records = records_.fetch_add(room.records, std::memory_order_relaxed) + room.records;
  const std::size_t bytes = bytes_.fetch_add(room.bytes, std::memory_order_relaxed) + room.bytes;
  if (records <= limits_.records_max && bytes <= limits_.bytes_max) return core::done{};
  release(room);
  return error{errc::overloaded, "the journal has more to write than it may hold", {}};
}

void admission::release(commit_queue::load room) {
  records_.fetch_sub(room.records, std::memory_order_relaxed);
  bytes_.fetch_sub(room.bytes, std::memory_order_relaxed);
}

commit_queue::load admission::waiting() const {
  return {records_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed)};
}

void barriers::completed() {
  const std::uint64_t count = completed_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (count >= first_target_.load(std::memory_order_acquire)) settle();
}

void barriers::settle() {
  const std::uint64_t count = completed_.load(std::memory_order_relaxed);
  for (;;) {
    std::function<void()> due;
    {
      const std::lock_guard lock{mutex_};
      const bool any = !waiting_.empty() && waiting_.front().target <= count;
      if (any) {
        due = std::move(waiting_.front().done);
        waiting_.pop_front();
      }
      first_target_.store(waiting_.empty() ? UINT64_MAX : waiting_.front().target, std::memory_order_release);
      if (!any) return;
    }
    due();
  }
}

void barriers::add(std::function<void()> done) {
  {
    // settle() takes the lock after the last completed(): either it sees what is added here, or this sees its count.
    const std::lock_guard lock{mutex_};
    const std::uint64_t target = submitted_.load(std::memory_order_relaxed);
    if (completed_.load(std::memory_order_acquire) < target) {
      waiting_.push_back({target, std::move(done)});
      if (waiting_.size() == 1) first_target_.store(target, std::memory_order_release);
      return;
    }
  }
  done();
}

}  // namespace logline::journal
