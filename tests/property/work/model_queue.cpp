#include "tests/property/work/model_queue.hpp"

#include <algorithm>

namespace logline::work {

namespace {

bool is_finished(const model_queue::entry& task) {
  return task.status == task_status::done || task.status == task_status::cancelled;
}

}  // namespace

model_queue::entry* model_queue::find(const core::uuid& id) {
  for (auto& task : tasks_)
    if (task.id == id) return &task;
  return nullptr;
}

const model_queue::entry* model_queue::live_twin(const std::string& unique_key) const {
  const entry* first = nullptr;
  for (const auto& task : tasks_) {
    const bool live = task.status == task_status::pending || task.status == task_status::running;
    if (live && task.unique_key == unique_key && (first == nullptr || task.id < first->id)) first = &task;
  }
  return first;
}

std::int64_t model_queue::count(task_status status) const {
  return std::count_if(tasks_.begin(), tasks_.end(), [&](const auto& task) { return task.status == status; });
}

model_queue::handout model_queue::choose(const lease_tasks& command) const {
  const auto wanted = [&](const std::string& kind) {
    return !command.kinds || std::find(command.kinds->begin(), command.kinds->end(), kind) != command.kinds->end();
  };
  bool all_paused = paused_;
  if (command.kinds)
    all_paused = all_paused || std::all_of(command.kinds->begin(), command.kinds->end(),
                                           [&](const auto& kind) { return paused_kinds_.count(kind) == 1; });
  if (all_paused) return {true, {}};
  std::vector<entry> due;
  for (const auto& task : tasks_)
    if (task.status == task_status::pending && task.run_at <= now && (!task.expires_at || *task.expires_at > now) &&
        wanted(task.kind) && paused_kinds_.count(task.kind) == 0)
      due.push_back(task);
  std::sort(due.begin(), due.end(), [](const entry& a, const entry& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    return a.run_at != b.run_at ? a.run_at < b.run_at : a.id < b.id;
  });
  handout out;
  for (const auto& task : due)
    if (static_cast<std::int64_t>(out.tasks.size()) < command.limit) out.tasks.push_back(task.id);
  return out;
}

void model_queue::start(const core::uuid& id, const core::uuid& lease_id, const std::string& worker,
                        core::timestamp until) {
  auto& task = *find(id);
  task.status = task_status::running;
  task.lease_id = lease_id;
  task.worker = worker;
  task.until = until;
  task.cancel = false;
  ++task.attempts;
  task.updated_at = now;
}

model_queue::entry* model_queue::holder(const core::uuid& lease_id) {
  for (auto& task : tasks_)
    if (task.status == task_status::running && task.lease_id == lease_id && task.until > now) return &task;
  return nullptr;
}

void model_queue::fail(entry& task, bool retryable, std::int64_t retry_after_s) {
  if (task.cancel) return end(task, task_status::cancelled);
  if (!retryable || task.attempts == task.max_attempts) return end(task, task_status::error);
  if (task.expires_at && *task.expires_at <= now) return end(task, task_status::cancelled);
  end(task, task_status::pending);
  task.run_at = now + core::seconds(std::max(task.attempts * task.attempts * 60, retry_after_s));
}

void model_queue::end(entry& task, task_status status) {
  task.status = status;
  task.updated_at = now;
}

void model_queue::release(const std::string& worker) {
  for (auto& task : tasks_) {
    if (task.status != task_status::running || task.worker != worker) continue;
    --task.attempts;
    end(task, task.cancel ? task_status::cancelled : task_status::pending);
  }
}

std::vector<model_queue::entry*> model_queue::dead(const retry_all& command) {
  std::vector<entry*> out;
  for (auto& task : tasks_)
    if (task.status == task_status::error && (!command.kind || *command.kind == task.kind) &&
        (!command.since || *command.since <= task.updated_at))
      out.push_back(&task);
  std::sort(out.begin(), out.end(), [](const entry* a, const entry* b) {
    return a->updated_at != b->updated_at ? a->updated_at < b->updated_at : a->id < b->id;
  });
  return out;
}

void model_queue::take_back(entry& task, core::timestamp run_at) {
  end(task, task_status::pending);
  task.run_at = run_at;
  task.attempts = 0;
  ++task.retries;
}

void model_queue::pause(const std::optional<std::string>& kind, bool on) {
  if (!kind)
    paused_ = on;
  else if (on)
    paused_kinds_.insert(*kind);
  else
    paused_kinds_.erase(*kind);
}

std::size_t model_queue::pass_time(std::size_t limit) {
  forget_finished(limit);
  std::vector<entry*> lost;
  std::vector<entry*> expired;
  for (auto& task : tasks_) {
    if (task.status == task_status::running && task.until <= now) lost.push_back(&task);
    if (task.status == task_status::pending && task.expires_at && *task.expires_at <= now) expired.push_back(&task);
  }
  std::sort(lost.begin(), lost.end(), [](const entry* a, const entry* b) {
    return a->until != b->until ? a->until < b->until : a->lease_id < b->lease_id;
  });
  std::sort(expired.begin(), expired.end(), [](const entry* a, const entry* b) {
    return a->expires_at != b->expires_at ? *a->expires_at < *b->expires_at : a->id < b->id;
  });
  std::size_t acted = 0;
  for (auto* task : lost)
    if (acted < limit) fail(*task, true, 0), ++acted;
  for (auto* task : expired)
    if (acted < limit) end(*task, task_status::cancelled), ++acted;
  return acted;
}

// Finished tasks go on the first full minute after an hour.
void model_queue::forget_finished(std::size_t limit) {
  std::vector<std::pair<core::timestamp, core::uuid>> old;
  for (const auto& task : tasks_) {
    if (!is_finished(task)) continue;
    const auto minutes = ((task.updated_at + core::hours(1)).us + 59'999'999) / 60'000'000;
    if (minutes * 60'000'000 <= now.us) old.emplace_back(task.updated_at, task.id);
  }
  std::sort(old.begin(), old.end());
  if (old.size() > limit) old.resize(limit);
  for (const auto& gone : old)
    tasks_.erase(std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& task) { return task.id == gone.second; }));
}

}  // namespace logline::work
