#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/work/task_queue.hpp"

namespace logline::work {

/// A queue as one would explain it: a list of tasks, searched from end to end. Slow and plainly right; what task_queue
/// does is compared with it. Waits are quadratic without jitter; everything happens in one call, however much is due.
class model_queue {
 public:
  struct entry {
    core::uuid id;
    std::string kind;
    std::int64_t priority = 5;
    core::timestamp run_at;
    core::timestamp created_at;
    core::timestamp updated_at;
    std::int64_t attempts = 0;
    std::int64_t max_attempts = 5;
    std::int64_t retries = 0;
    std::string unique_key;
    std::optional<core::timestamp> expires_at;
    task_status status = task_status::pending;
    // Of the open attempt; of the successful one where the task is DONE.
    core::uuid lease_id;
    std::string worker;
    core::timestamp until;
    bool cancel = false;
    int completions = 0;
  };
  /// What a lease is to do: refuse, or hand these out in this order.
  struct handout {
    bool paused = false;
    std::vector<core::uuid> tasks;
  };

  core::timestamp now;
  std::int64_t pending_max = 1'000'000;

  entry* find(const core::uuid& id);
  const entry* live_twin(const std::string& unique_key) const;
  std::int64_t count(task_status status) const;
  const std::vector<entry>& all() const { return tasks_; }

  void add(entry task) { tasks_.push_back(std::move(task)); }
  handout choose(const lease_tasks& command) const;
  void start(const core::uuid& id, const core::uuid& lease_id, const std::string& worker, core::timestamp until);
  /// The task with this open attempt whose time is not up; null otherwise.
  entry* holder(const core::uuid& lease_id);
  void fail(entry& task, bool retryable, std::int64_t retry_after_s);
  void end(entry& task, task_status status);
  void release(const std::string& worker);
  /// The dead letters that a retry_all takes back, in its order.
  std::vector<entry*> dead(const retry_all& command);
  void take_back(entry& task, core::timestamp run_at);
  void pause(const std::optional<std::string>& kind, bool on);

  /// What time has done by now to at most `limit` tasks. Returns to how many.
  std::size_t pass_time(std::size_t limit);

 private:
  void forget_finished(std::size_t limit);

  std::vector<entry> tasks_;
  bool paused_ = false;
  std::set<std::string> paused_kinds_;
};

}  // namespace logline::work
