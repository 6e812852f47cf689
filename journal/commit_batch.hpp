#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "journal/commit_queue.hpp"

namespace logline::journal {

/// What waits for a commit, in order of arrival: requests with their completions, and barriers between them. Not
/// thread-safe.
class commit_batch {
 public:
  void add(append_request request, commit_queue::load room, commit_queue::completion done) {
    requests_.push_back(std::move(request));
    tickets_.push_back({room, std::move(done)});
  }
  /// Called once everything added before it is settled.
  void add_barrier(std::function<void()> done) { barriers_.emplace_back(requests_.size(), std::move(done)); }

  bool empty() const { return requests_.empty() && barriers_.empty(); }
  const std::vector<append_request>& requests() const { return requests_; }

  /// Removes the first `count` requests, their completions, and the barriers that stand before the next request.
  commit_batch take_front(std::size_t count) {
    if (count == requests_.size()) return std::exchange(*this, {});
    commit_batch front;
    const auto n = static_cast<std::ptrdiff_t>(count);
    front.requests_.assign(std::make_move_iterator(requests_.begin()), std::make_move_iterator(requests_.begin() + n));
    front.tickets_.assign(std::make_move_iterator(tickets_.begin()), std::make_move_iterator(tickets_.begin() + n));
    requests_.erase(requests_.begin(), requests_.begin() + n);
    tickets_.erase(tickets_.begin(), tickets_.begin() + n);
    std::vector<barrier> later;
    for (auto& b : barriers_) {
      if (b.first <= count)
        front.barriers_.push_back(std::move(b));
      else
        later.emplace_back(b.first - count, std::move(b.second));
    }
    barriers_ = std::move(later);
    return front;
  }

  /// Calls every completion with its result and every barrier, in order; answers the room that is free again. `results`
  /// has one entry a request.
  commit_queue::load settle(std::vector<result<appended>> results) {
    commit_queue::load freed;
    auto next_barrier = barriers_.begin();
    for (std::size_t i = 0; i < tickets_.size(); ++i) {
      for (; next_barrier != barriers_.end() && next_barrier->first <= i; ++next_barrier)
        next_barrier->second();
      freed.records += tickets_[i].room.records;
      freed.bytes += tickets_[i].room.bytes;
      tickets_[i].done(std::move(results[i]));
    }
    for (; next_barrier != barriers_.end(); ++next_barrier)
      next_barrier->second();
    return freed;
  }
  /// The same with one error for all.
  commit_queue::load settle(const error& why) {
    return settle(std::vector<result<appended>>(tickets_.size(), result<appended>{why}));
  }

 private:
  struct ticket {
    commit_queue::load room;
    commit_queue::completion done;
  };
  using barrier = std::pair<std::size_t, std::function<void()>>;  ///< stands before the request of this index

  std::vector<append_request> requests_;
  std::vector<ticket> tickets_;
  std::vector<barrier> barriers_;
};

}  // namespace logline::journal
