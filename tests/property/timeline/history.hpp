#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/domain_entities/timeline_sample.hpp"

/// Random histories of a stream at two to five sites, made by the sites' own timelines.
namespace logline::timeline_histories {

using core::dot;
using timeline::merge_external;
using timeline::merge_item;
using timeline_sample::lone_timeline;

/// One site's copy of the stream, and what it has told others.
class site {
 public:
  explicit site(std::string origin) : origin_(std::move(origin)) {}

  /// Adds an event; the item is what others will hear of it.
  merge_item append(int payload) {
    timeline::append command;
    command.payload = core::to_document(payload);
    const auto reply = core::from_msgpack<timeline::append_reply>(timeline_.send(command, context()).reply()).value();
    merge_item item;
    item.id = reply.id;
    item.dot = reply.dot;
    item.vc = reply.vc;
    item.lamport = reply.lamport;
    item.payload = command.payload;
    return item;
  }
  timeline::merge_reply merge(const std::vector<merge_item>& batch) {
    return core::from_msgpack<timeline::merge_reply>(timeline_.send(merge_external{batch}, context()).reply()).value();
  }
  const timeline::stream& stream() const { return timeline_.state(); }
  const lone_timeline& entity() const { return timeline_; }
  const std::string& origin() const { return origin_; }
  core::context context() {
    ++steps_;
    const auto now = fixtures::start_of_time + core::seconds(static_cast<std::int64_t>(steps_));
    auto ctx = fixtures::context_at(now, std::hash<std::string>{}(origin_) + steps_);
    ctx.origin = origin_;
    return ctx;
  }

 private:
  std::string origin_;
  std::uint64_t steps_ = 0;
  lone_timeline timeline_;
};

/// Everything that any site ever added, and the sites.
struct history {
  std::vector<site> sites;
  std::vector<merge_item> events;
};

/// Some of the events, shuffled, some of them twice.
inline std::vector<merge_item> some(const std::vector<merge_item>& events) {
  std::vector<merge_item> out;
  for (const auto& event : events)
    for (int times = *rc::gen::weightedElement<int>({{2, 0}, {5, 1}, {1, 2}}); times > 0; --times)
      out.push_back(event);
  for (std::size_t i = out.size(); i > 1; --i)
    std::swap(out[i - 1], out[*rc::gen::inRange<std::size_t>(0, i)]);
  return out;
}

/// All of the events, shuffled, some of them several times.
inline std::vector<merge_item> all(const std::vector<merge_item>& events) {
  auto out = some(events);
  out.insert(out.end(), events.begin(), events.end());
  for (std::size_t i = out.size(); i > 1; --i)
    std::swap(out[i - 1], out[*rc::gen::inRange<std::size_t>(0, i)]);
  return out;
}

/// Gives a site these items in batches of random size.
inline void deliver(site& to, const std::vector<merge_item>& items) {
  for (std::size_t begin = 0; begin < items.size();) {
    const auto size = std::min(*rc::gen::inRange<std::size_t>(1, 8), items.size() - begin);
    to.merge({items.begin() + static_cast<std::ptrdiff_t>(begin),
              items.begin() + static_cast<std::ptrdiff_t>(begin + size)});
    begin += size;
  }
}

/// An event of a system without dots: sparse numbers of a site without a generation.
inline merge_item legacy_event() {
  merge_item item;
  const auto n = *rc::gen::inRange<std::uint64_t>(1, 8);
  item.vc = core::version_vector{{"old", n}};
  item.lamport = n;
  item.payload = core::to_document("old " + std::to_string(n));
  return item;
}

inline history random_history(bool with_legacy) {
  history out;
  const auto count = *rc::gen::inRange(2, 6);
  for (int i = 0; i < count; ++i)
    out.sites.emplace_back("site" + std::to_string(i) + ".1");
  for (int step = *rc::gen::inRange(1, 25); step > 0; --step) {
    auto& at = out.sites[*rc::gen::inRange<std::size_t>(0, out.sites.size())];
    if (*rc::gen::inRange(0, 3) > 0)
      out.events.push_back(at.append(step));
    else
      deliver(at, some(out.events));
    if (with_legacy && *rc::gen::inRange(0, 6) == 0) out.events.push_back(legacy_event());
  }
  return out;
}

/// What of a stream must be equal where the sets are equal. Position and time of arrival are each site's own.
struct view {
  std::vector<core::uuid> order;  ///< in reading order
  std::set<core::uuid> waiting;
  core::version_vector vc;
  core::version_vector held;
  std::uint64_t lamport = 0;
  core::digest hash;
  friend bool operator==(const view&, const view&) = default;
};

inline view view_of(const timeline::stream& s) {
  view out{{}, {}, s.image().vc, s.held(), s.image().lamport, s.image().sum};
  for (auto p = s.total_order().begin(); p != s.total_order().end(); p = s.total_order().next(p))
    out.order.push_back(s.at(s.total_order().at(p)).id);
  for (const auto& [at, waiter] : s.image().waiting)
    out.waiting.insert(waiter.id);
  return out;
}

}  // namespace logline::timeline_histories
