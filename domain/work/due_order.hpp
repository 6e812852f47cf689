#pragma once

#include <array>
#include <compare>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "domain/core/time.hpp"
#include "domain/core/uuid.hpp"
#include "domain/work/task.hpp"

namespace logline::work {

/// A task's place in an order by time; the id decides between equals.
struct time_key {
  core::timestamp at;
  core::uuid id;
  friend auto operator<=>(const time_key&, const time_key&) = default;
};
using time_order = std::set<time_key>;

/// Pending tasks by priority, kind and run_at: what a lease looks through. A lane is the tasks of one kind and
/// priority, in the order in which they become due; there are no empty lanes.
class due_order {
 public:
  using lanes = std::map<std::string_view, time_order>;

  /// `kind` must outlive its lane.
  void add(std::string_view kind, std::uint8_t priority, const time_key& place);
  void remove(std::string_view kind, std::uint8_t priority, const time_key& place);

  const lanes& of_priority(std::size_t priority) const { return lanes_.at(priority); }
  static constexpr std::size_t priorities = priority_max + 1;

 private:
  std::array<lanes, priorities> lanes_;
};

/// Walks several orders as if they were one, in ascending order. The orders must not change meanwhile.
class merged_walk {
 public:
  /// Joins what lies after `after` in the order.
  void join(const time_order& order,
            const time_key& after = {core::timestamp{std::numeric_limits<std::int64_t>::min()}, {}});
  /// The next place; null at the end.
  const time_key* next();

 private:
  struct cursor {
    time_order::const_iterator at;
    time_order::const_iterator end;
  };
  static bool later(const cursor& a, const cursor& b) { return *b.at < *a.at; }

  std::vector<cursor> heap_;  // the earliest place on top
};

}  // namespace logline::work
