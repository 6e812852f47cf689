#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/described.hpp"
#include "domain/work/task.hpp"

/// What a queue answers. Replies with payloads or errors are written by hand, since they quote the journal (see
/// decision.hpp).
namespace logline::work {

struct enqueued_task {
  core::uuid task_id;
  bool duplicate = false;
};
constexpr auto describe(core::type_tag<enqueued_task>) {
  return core::description<enqueued_task>("enqueued_task", "Where the task is.",
                                          core::field("task_id", &enqueued_task::task_id),
                                          core::field("duplicate", &enqueued_task::duplicate));
}
struct enqueued_tasks {
  std::vector<enqueued_task> tasks;
};
constexpr auto describe(core::type_tag<enqueued_tasks>) {
  return core::description<enqueued_tasks>("enqueued_tasks", "Where the tasks are.",
                                           core::field("tasks", &enqueued_tasks::tasks));
}

struct lease_extended {
  core::timestamp until;
  bool cancel = false;
};
constexpr auto describe(core::type_tag<lease_extended>) {
  return core::description<lease_extended>(
      "lease_extended", "How long the lease lasts.", core::field("until", &lease_extended::until),
      core::field("cancel", &lease_extended::cancel, {.doc = "the task is to be cancelled: stop working"}));
}

struct task_now {
  core::uuid task_id;
  task_status status = task_status::pending;
  std::optional<core::timestamp> run_at;
};
constexpr auto describe(core::type_tag<task_now>) {
  return core::description<task_now>("task_now", "What the task is now.", core::field("task_id", &task_now::task_id),
                                     core::field("status", &task_now::status),
                                     core::field("run_at", &task_now::run_at));
}

struct tasks_cancelled {
  std::int64_t cancelled = 0;
  std::int64_t left = 0;
};
constexpr auto describe(core::type_tag<tasks_cancelled>) {
  return core::description<tasks_cancelled>(
      "tasks_cancelled", "What was cancelled.", core::field("cancelled", &tasks_cancelled::cancelled),
      core::field("left", &tasks_cancelled::left, {.doc = "ask again for these"}));
}

struct leases_released {
  std::int64_t released = 0;
  std::int64_t left = 0;
};
constexpr auto describe(core::type_tag<leases_released>) {
  return core::description<leases_released>(
      "leases_released", "What was given back.", core::field("released", &leases_released::released),
      core::field("left", &leases_released::left, {.doc = "leases the worker still holds; ask again"}));
}

struct dead_letters_retried {
  std::int64_t retried = 0;
  bool goes_on = false;
  bool queue_full = false;
};
constexpr auto describe(core::type_tag<dead_letters_retried>) {
  using core::field;
  using reply = dead_letters_retried;
  return core::description<reply>(
      "dead_letters_retried", "What was taken back.", field("retried", &reply::retried),
      field("goes_on", &reply::goes_on, {.doc = "the rest follows by itself"}),
      field("queue_full", &reply::queue_full, {.doc = "ended early: no more tasks may wait"}));
}

struct ticked {
  std::int64_t acted = 0;
};
constexpr auto describe(core::type_tag<ticked>) {
  return core::description<ticked>("ticked", "What was due.",
                                   core::field("acted", &ticked::acted, {.doc = "tasks something was done about"}));
}

struct listed_task {
  core::uuid id;
  std::string kind;
  task_status status = task_status::pending;
  core::timestamp scheduled_at;
  std::int64_t attempts = 0;
};
constexpr auto describe(core::type_tag<listed_task>) {
  using core::field;
  using row = listed_task;
  return core::description<row>("listed_task", "A task in a list.", field("id", &row::id), field("kind", &row::kind),
                                field("status", &row::status), field("scheduled_at", &row::scheduled_at),
                                field("attempts", &row::attempts));
}
struct task_page {
  std::vector<listed_task> tasks;
  std::optional<std::string> cursor;
};
constexpr auto describe(core::type_tag<task_page>) {
  return core::description<task_page>(
      "task_page", "Some of the tasks.", core::field("tasks", &task_page::tasks),
      core::field("cursor", &task_page::cursor, {.doc = "where to go on; absent at the end"}));
}

struct kind_stats {
  std::int64_t pending = 0;
  std::int64_t running = 0;
  std::int64_t done = 0;
  std::int64_t error = 0;
  std::int64_t cancelled = 0;
  bool paused = false;
};
constexpr auto describe(core::type_tag<kind_stats>) {
  using core::field;
  return core::description<kind_stats>("kind_stats", "The tasks of a kind.", field("pending", &kind_stats::pending),
                                       field("running", &kind_stats::running), field("done", &kind_stats::done),
                                       field("error", &kind_stats::error), field("cancelled", &kind_stats::cancelled),
                                       field("paused", &kind_stats::paused));
}
struct stats_now {
  kind_stats all;
  std::map<std::string, kind_stats> kinds;
  std::optional<core::timestamp> oldest_run_at;
};
constexpr auto describe(core::type_tag<stats_now>) {
  using core::field;
  return core::description<stats_now>(
      "stats_now", "How full the queue is.", field("all", &stats_now::all), field("kinds", &stats_now::kinds),
      field("oldest_run_at", &stats_now::oldest_run_at, {.doc = "of the tasks that wait"}));
}

}  // namespace logline::work
