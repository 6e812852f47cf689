#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/core/described.hpp"
#include "domain/work/settings.hpp"
#include "domain/work/task.hpp"

/// What happened to a queue. Stored for ever: a shape changes only together with its version, an upcaster and a golden
/// file.
namespace logline::work {

namespace detail {
inline constexpr core::attributes about_attributes{.doc = "pseudonym of the person", .names_subject = true};
}

struct task_enqueued {
  core::uuid task_id;
  std::string kind;
  core::document payload;
  core::timestamp run_at;
  std::int64_t max_attempts = max_attempts_default;
  std::int64_t priority = priority_default;
  std::optional<std::string> unique_key;
  std::optional<core::timestamp> expires_at;
  std::optional<std::int64_t> lease_s;
  std::optional<backoff_shape> backoff;
  std::optional<std::string> subject = std::nullopt;         ///< whom the payload is about; the author if left out
  std::optional<std::int64_t> payload_bytes = std::nullopt;  ///< folds do not see the payload; absent in old events
};
constexpr auto describe(core::type_tag<task_enqueued>) {
  using core::field;
  using event = task_enqueued;
  return core::description<event>(
      "task_enqueued", "A task was added.", field("task_id", &event::task_id), field("kind", &event::kind),
      field("payload", &event::payload, {.personal = true, .subject = "subject"}), field("run_at", &event::run_at),
      field("max_attempts", &event::max_attempts), field("priority", &event::priority),
      field("unique_key", &event::unique_key), field("expires_at", &event::expires_at),
      field("lease_s", &event::lease_s), field("backoff", &event::backoff),
      field("subject", &event::subject, detail::about_attributes),
      field("payload_bytes", &event::payload_bytes, {.unit = "bytes"}));
}

/// Opens an attempt.
struct task_leased {
  core::uuid task_id;
  core::uuid lease_id;
  std::string worker_id;
  std::int64_t attempt = 1;
  std::uint64_t token = 0;
  core::timestamp until;
};
constexpr auto describe(core::type_tag<task_leased>) {
  using core::field;
  using event = task_leased;
  return core::description<event>(
      "task_leased", "A worker got the task: an attempt is open.", field("task_id", &event::task_id),
      field("lease_id", &event::lease_id), field("worker_id", &event::worker_id), field("attempt", &event::attempt),
      field("token", &event::token, {.doc = "grows with every lease of the queue"}), field("until", &event::until));
}

struct task_lease_extended {
  core::uuid task_id;
  core::uuid lease_id;
  core::timestamp until;
};
constexpr auto describe(core::type_tag<task_lease_extended>) {
  using core::field;
  using event = task_lease_extended;
  return core::description<event>("task_lease_extended", "The worker goes on: its lease ends later.",
                                  field("task_id", &event::task_id), field("lease_id", &event::lease_id),
                                  field("until", &event::until));
}

/// Closes an attempt without success, since nothing was heard of the worker.
struct task_lease_expired {
  core::uuid task_id;
  core::uuid lease_id;
  std::int64_t attempt = 1;
  std::string error;
  task_status status = task_status::pending;
  std::optional<core::timestamp> run_at;
};
constexpr auto describe(core::type_tag<task_lease_expired>) {
  using core::field;
  using event = task_lease_expired;
  return core::description<event>("task_lease_expired", "The lease ran out: the attempt failed.",
                                  field("task_id", &event::task_id), field("lease_id", &event::lease_id),
                                  field("attempt", &event::attempt), field("error", &event::error),
                                  field("status", &event::status, {.doc = "of the task from now on"}),
                                  field("run_at", &event::run_at, {.doc = "of the next attempt, jitter included"}));
}

struct task_completed {
  core::uuid task_id;
  core::uuid lease_id;
  std::int64_t attempt = 1;
  std::optional<core::document> result;
  std::optional<std::string> subject = std::nullopt;
};
constexpr auto describe(core::type_tag<task_completed>) {
  using core::field;
  using event = task_completed;
  return core::description<event>("task_completed", "The attempt succeeded: the task is done.",
                                  field("task_id", &event::task_id), field("lease_id", &event::lease_id),
                                  field("attempt", &event::attempt),
                                  field("result", &event::result, {.personal = true, .subject = "subject"}),
                                  field("subject", &event::subject, detail::about_attributes));
}

/// Closes an attempt without success, as the worker said.
struct task_failed {
  core::uuid task_id;
  core::uuid lease_id;
  std::int64_t attempt = 1;
  std::string error;
  bool retryable = true;
  task_status status = task_status::pending;
  std::optional<core::timestamp> run_at;
  std::optional<std::string> subject = std::nullopt;
};
constexpr auto describe(core::type_tag<task_failed>) {
  using core::field;
  using event = task_failed;
  return core::description<event>(
      "task_failed", "The attempt failed.", field("task_id", &event::task_id), field("lease_id", &event::lease_id),
      field("attempt", &event::attempt), field("error", &event::error, {.personal = true, .subject = "subject"}),
      field("retryable", &event::retryable), field("status", &event::status, {.doc = "of the task from now on"}),
      field("run_at", &event::run_at, {.doc = "of the next attempt, jitter included"}),
      field("subject", &event::subject, detail::about_attributes));
}

struct task_dead_lettered {
  core::uuid task_id;
  std::int64_t attempts = 0;
  std::string last_error;
  core::timestamp first_failed_at;
  std::optional<std::string> subject = std::nullopt;
};
constexpr auto describe(core::type_tag<task_dead_lettered>) {
  using core::field;
  using event = task_dead_lettered;
  return core::description<event>(
      "task_dead_lettered", "The task is not tried any more and waits for somebody to look at it.",
      field("task_id", &event::task_id), field("attempts", &event::attempts),
      field("last_error", &event::last_error, {.personal = true, .subject = "subject"}),
      field("first_failed_at", &event::first_failed_at), field("subject", &event::subject, detail::about_attributes));
}

struct task_cancel_requested {
  core::uuid task_id;
  core::uuid lease_id;
  std::string reason;
};
constexpr auto describe(core::type_tag<task_cancel_requested>) {
  using core::field;
  using event = task_cancel_requested;
  return core::description<event>("task_cancel_requested", "A running task is to be cancelled.",
                                  field("task_id", &event::task_id), field("lease_id", &event::lease_id),
                                  field("reason", &event::reason));
}

struct task_cancelled {
  core::uuid task_id;
  std::string reason;
};
constexpr auto describe(core::type_tag<task_cancelled>) {
  return core::description<task_cancelled>("task_cancelled", "The task will not be done.",
                                           core::field("task_id", &task_cancelled::task_id),
                                           core::field("reason", &task_cancelled::reason));
}

struct task_rescheduled {
  core::uuid task_id;
  core::timestamp run_at;
};
constexpr auto describe(core::type_tag<task_rescheduled>) {
  return core::description<task_rescheduled>("task_rescheduled", "The task was moved to another time.",
                                             core::field("task_id", &task_rescheduled::task_id),
                                             core::field("run_at", &task_rescheduled::run_at));
}

struct task_retried {
  core::uuid task_id;
  core::timestamp run_at;
  std::int64_t attempts_before = 0;
};
constexpr auto describe(core::type_tag<task_retried>) {
  using core::field;
  using event = task_retried;
  return core::description<event>("task_retried", "A dead letter was taken back; its attempts count from 0.",
                                  field("task_id", &event::task_id), field("run_at", &event::run_at),
                                  field("attempts_before", &event::attempts_before));
}

/// Closes an attempt that does not count.
struct task_released {
  core::uuid task_id;
  core::uuid lease_id;
  task_status status = task_status::pending;
};
constexpr auto describe(core::type_tag<task_released>) {
  using core::field;
  using event = task_released;
  return core::description<event>("task_released", "The worker gave the task back; the attempt does not count.",
                                  field("task_id", &event::task_id), field("lease_id", &event::lease_id),
                                  field("status", &event::status, {.doc = "of the task from now on"}));
}

struct retry_all_started {
  std::optional<std::string> kind;
  std::optional<core::timestamp> since;
  std::optional<std::int64_t> rate;
};
constexpr auto describe(core::type_tag<retry_all_started>) {
  using core::field;
  using event = retry_all_started;
  return core::description<event>("retry_all_started", "Dead letters are being taken back, some at a time.",
                                  field("kind", &event::kind), field("since", &event::since),
                                  field("rate", &event::rate));
}
struct retry_all_advanced {
  core::timestamp died_at;
  core::uuid task_id;
  std::int64_t retried = 0;
};
constexpr auto describe(core::type_tag<retry_all_advanced>) {
  using core::field;
  using event = retry_all_advanced;
  return core::description<event>("retry_all_advanced", "The dead letters up to this one have been looked at.",
                                  field("died_at", &event::died_at), field("task_id", &event::task_id),
                                  field("retried", &event::retried, {.doc = "since the start"}));
}
struct retry_all_finished {
  std::int64_t retried = 0;
  bool queue_full = false;
};
constexpr auto describe(core::type_tag<retry_all_finished>) {
  return core::description<retry_all_finished>("retry_all_finished", "The dead letters have been taken back.",
                                               core::field("retried", &retry_all_finished::retried),
                                               core::field("queue_full", &retry_all_finished::queue_full,
                                                           {.doc = "it ended early, since no more tasks may wait"}));
}

struct tasks_pruned {
  std::int64_t count = 0;
  core::timestamp through;
};
constexpr auto describe(core::type_tag<tasks_pruned>) {
  return core::description<tasks_pruned>(
      "tasks_pruned", "Finished tasks left memory; the journal keeps their history.",
      core::field("count", &tasks_pruned::count, {.doc = "the ones that finished first"}),
      core::field("through", &tasks_pruned::through, {.doc = "when the last of them finished"}));
}

struct queue_paused {
  std::optional<std::string> kind;
};
constexpr auto describe(core::type_tag<queue_paused>) {
  return core::description<queue_paused>("queue_paused", "No new leases, of the queue or of one kind.",
                                         core::field("kind", &queue_paused::kind));
}
struct queue_resumed {
  std::optional<std::string> kind;
};
constexpr auto describe(core::type_tag<queue_resumed>) {
  return core::description<queue_resumed>("queue_resumed", "Leases go on, of the queue or of one kind.",
                                          core::field("kind", &queue_resumed::kind));
}

struct queue_configured {
  std::optional<std::string> kind;
  settings values;
  std::optional<std::int64_t> pending_max;
};
constexpr auto describe(core::type_tag<queue_configured>) {
  using core::field;
  using event = queue_configured;
  return core::description<event>("queue_configured", "The rules of the queue, or of one kind, were replaced.",
                                  field("kind", &event::kind), field("values", &event::values),
                                  field("pending_max", &event::pending_max));
}

}  // namespace logline::work
