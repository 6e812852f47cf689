#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "domain/messaging/subscription.hpp"

namespace logline::messaging {

/// A subscription as one would explain it: a list of events, searched from end to end. Slow and plainly right; what the
/// entity does is compared with it.
class model_subscription {
 public:
  struct entry {
    std::uint64_t gseq = 0;
    std::uint64_t lane = 0;
    delivery_phase phase = delivery_phase::waiting;
    std::int64_t deliveries = 0;
    core::timestamp at;
    std::string holder;
  };

  core::timestamp now;
  std::int64_t max_deliveries = 3;
  std::size_t window = 6;
  std::uint64_t cursor = 0;

  const std::vector<entry>& all() const { return entries_; }

  entry* find(std::uint64_t gseq) {
    for (auto& e : entries_)
      if (e.gseq == gseq) return &e;
    return nullptr;
  }
  std::size_t held() const {
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                  [](const auto& e) { return e.phase != delivery_phase::parked; }));
  }

  /// Whether nothing before it in its lane is unsettled, and nothing of its lane is out.
  bool may_go(const entry& e) const {
    if (e.phase != delivery_phase::waiting || e.at > now) return false;
    return std::none_of(entries_.begin(), entries_.end(), [&](const entry& other) {
      if (other.lane != e.lane || other.phase == delivery_phase::parked) return false;
      return other.phase == delivery_phase::given || other.gseq < e.gseq;
    });
  }

  /// What a pull gives out; takes from `found`, everything up to `to`.
  std::vector<std::uint64_t> pull(const std::string& member, std::size_t limit, const std::vector<found_event>& found,
                                  std::uint64_t to, core::timestamp until) {
    std::vector<std::uint64_t> out;
    const auto give = [&](entry& e) {
      e = {e.gseq, e.lane, delivery_phase::given, e.deliveries + 1, until, member};
      out.push_back(e.gseq);
    };
    for (auto& e : entries_)
      if (out.size() < limit && may_go(e)) give(e);
    const std::uint64_t behind = cursor;
    for (const auto& f : found) {
      if (f.gseq.value <= behind || find(f.gseq.value) != nullptr) continue;
      if (out.size() >= limit || held() >= window) return std::sort(out.begin(), out.end()), out;
      const bool alone = std::none_of(entries_.begin(), entries_.end(), [&](const entry& e) {
        return e.lane == f.lane && e.phase != delivery_phase::parked;
      });
      entries_.push_back({f.gseq.value, f.lane, delivery_phase::waiting, 0, {}, {}});
      if (alone) give(entries_.back());
      std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.gseq < b.gseq; });
      cursor = f.gseq.value;
    }
    if (cursor != behind) cursor = to;
    std::sort(out.begin(), out.end());
    return out;
  }

  bool ack(const std::string& member, std::uint64_t gseq) {
    const auto* e = find(gseq);
    if (e == nullptr || e->phase == delivery_phase::parked || e->deliveries == 0 || e->holder != member) return false;
    forget(gseq);
    return true;
  }
  bool nack(const std::string& member, std::uint64_t gseq, core::timestamp not_before) {
    auto* e = find(gseq);
    if (e == nullptr || e->phase != delivery_phase::given || e->holder != member) return false;
    fail(*e, not_before);
    return true;
  }
  void pass_time() {
    for (auto& e : entries_)
      if (e.phase == delivery_phase::given && e.at <= now) fail(e, {});
  }
  void replay() {
    for (auto& e : entries_)
      if (e.phase == delivery_phase::parked) e = {e.gseq, e.lane, delivery_phase::waiting, 0, {}, {}};
  }
  void discard() {
    std::erase_if(entries_, [](const auto& e) { return e.phase == delivery_phase::parked; });
  }
  void reset(std::uint64_t to) {
    std::erase_if(entries_, [](const auto& e) { return e.phase != delivery_phase::parked; });
    cursor = to;
  }

 private:
  void forget(std::uint64_t gseq) {
    std::erase_if(entries_, [&](const auto& e) { return e.gseq == gseq; });
  }
  void fail(entry& e, core::timestamp not_before) {
    const bool last = e.deliveries >= max_deliveries;
    e.phase = last ? delivery_phase::parked : delivery_phase::waiting;
    e.at = last ? now : not_before;
  }

  std::vector<entry> entries_;
};

}  // namespace logline::messaging
