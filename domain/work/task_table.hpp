#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "domain/core/described.hpp"
#include "domain/work/due_order.hpp"
#include "domain/work/task.hpp"

namespace logline::work {

/// The tasks of a queue with every order in which they are asked for. The tasks are the state; the orders follow from
/// them and are rebuilt when a snapshot is read. Changing a task costs O(log n); move-only, because the orders refer to
/// the tasks' kinds.
class task_table {
 public:
  using counts = std::array<std::size_t, status_count>;

  task_table() = default;
  task_table(task_table&&) = default;
  task_table& operator=(task_table&&) = default;

  /// Takes the task in; its kind may refer to any text, a copy is kept.
  void add(const core::uuid& id, task fresh);
  /// Applies `change(task&)` and moves the task to its new places. Id, kind and unique mark must stay.
  template <class Change>
  void change(const core::uuid& id, Change&& change) {
    auto& entry = at(id);
    take_out(id, entry);
    std::forward<Change>(change)(entry);
    put_in(id, entry);
  }
  /// Drops the `count` tasks that were DONE or CANCELLED first (TSK-15).
  void forget_finished(std::size_t count);

  /// Null when there is no such task. Valid until the task is forgotten.
  const task* find(const core::uuid& id) const;
  /// A task with this mark that is PENDING or RUNNING; null when there is none (TSK-02).
  const core::uuid* find_live(const core::uuid& unique) const;

  const std::map<core::uuid, task>& all() const { return tasks_; }
  std::size_t count(task_status status) const { return counts_[static_cast<std::size_t>(status)]; }
  /// Every kind of which there is a task, and how many in each status.
  const std::map<std::string, counts, std::less<>>& kinds() const { return kinds_; }

  const due_order& due() const { return due_; }
  /// By run_at; all statuses but PENDING, for which see due().
  const time_order& by_run_at(task_status status) const { return by_run_at_[static_cast<std::size_t>(status)]; }
  /// PENDING tasks that expire, by expires_at.
  const time_order& expiring() const { return expiring_; }
  /// DONE and CANCELLED tasks by the time they ended.
  const time_order& finished() const { return finished_; }
  /// ERROR tasks by the time they died.
  const time_order& dead_letters() const { return dead_; }

 private:
  task& at(const core::uuid& id);
  void take_out(const core::uuid& id, const task& t);
  void put_in(const core::uuid& id, const task& t);
  void leave_kind(std::string_view kind);

  std::map<core::uuid, task> tasks_;
  std::map<std::string, counts, std::less<>> kinds_;
  counts counts_{};
  due_order due_;
  std::array<time_order, status_count> by_run_at_;
  time_order expiring_;
  time_order finished_;
  time_order dead_;
  std::set<std::pair<core::uuid, core::uuid>> live_by_unique_;
};

}  // namespace logline::work

/// Doors see a list of tasks, in order of id. Snapshots keep chunks of it as separate values, so that reading a million
/// tasks needs little more memory than the tasks themselves.
template <>
struct logline::core::codec<logline::work::task_table> {
  static void encode(sink& to, const work::task_table& v);
  static void decode(const source& from, work::task_table& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};
