#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/described.hpp"
#include "domain/work/settings.hpp"
#include "domain/work/task.hpp"

/// What may be asked of a queue. The limits stand in the descriptions, and doors enforce them while decoding.
namespace logline::work {

inline constexpr std::size_t payload_bytes_max = 262'144;  // of a payload or a result, as msgpack
inline constexpr std::size_t error_bytes_max = 4'096;
inline constexpr std::int64_t wait_ms_max = 30'000;
inline constexpr std::int64_t batch_max = 1'000;
inline constexpr std::int64_t page_max = 500;

namespace detail {
/// Over-long payloads are refused by the queue, with a code of their own, and not while decoding.
inline constexpr core::attributes payload_attributes{.doc = "an object of at most 262144 bytes, as msgpack",
                                                     .optional = true,
                                                     .personal = true,
                                                     .subject = "subject",
                                                     .size_max = std::numeric_limits<std::size_t>::max()};
inline constexpr core::attributes result_attributes{.doc = "an object of at most 262144 bytes, as msgpack",
                                                    .optional = true,
                                                    .personal = true,
                                                    .size_max = std::numeric_limits<std::size_t>::max()};
inline constexpr core::attributes subject_attributes{
    .doc = "id of the person whom the payload is about; the caller if left out",
    .names_subject = true,
    .size_min = 1,
    .size_max = 256};
inline constexpr core::attributes worker_attributes{
    .doc = "who works, as the worker calls itself", .size_min = 1, .size_max = 128, .text = core::charset::visible};
inline constexpr core::attributes reason_attributes{
    .doc = "why; kept in the history, so it should name nobody", .optional = true, .size_max = 512};
inline constexpr core::attributes cursor_attributes{.doc = "where the page before this one ended", .size_max = 64};
}  // namespace detail

struct enqueue {
  std::string kind;
  core::document payload;
  std::optional<core::timestamp> run_at;
  std::optional<std::int64_t> max_attempts;
  std::int64_t priority = priority_default;
  std::optional<std::string> unique_key;
  std::optional<core::timestamp> expires_at;
  std::optional<std::int64_t> lease_s;
  std::optional<backoff_shape> backoff;
  std::optional<std::string> subject = std::nullopt;
};
constexpr auto describe(core::type_tag<enqueue>) {
  using core::field;
  return core::description<enqueue>(
      "enqueue", "Adds a task.",
      field("kind", &enqueue::kind, {.doc = "what is to be done", .text = core::charset::name}),
      field("payload", &enqueue::payload, detail::payload_attributes),
      field("run_at", &enqueue::run_at,
            {.doc = "not before this time, at most 366 days ahead; now if left out or past"}),
      field("max_attempts", &enqueue::max_attempts,
            {.doc = "attempts before it becomes a dead letter", .min = 1, .max = max_attempts_limit}),
      field("priority", &enqueue::priority, {.doc = "9 goes first", .optional = true, .min = 0, .max = priority_max}),
      field("unique_key", &enqueue::unique_key,
            {.doc = "while a task with this key is PENDING or RUNNING, enqueueing answers that task",
             .size_min = 1,
             .size_max = 256}),
      field("expires_at", &enqueue::expires_at, {.doc = "cancelled when it did not start by then"}),
      field("lease_s", &enqueue::lease_s, {.doc = "length of its leases", .unit = "s", .min = 1, .max = lease_s_max}),
      field("backoff", &enqueue::backoff, {.doc = "how waits grow; as its kind or the queue says if left out"}),
      field("subject", &enqueue::subject, detail::subject_attributes));
}

struct enqueue_batch {
  std::vector<enqueue> tasks;
};
constexpr auto describe(core::type_tag<enqueue_batch>) {
  return core::description<enqueue_batch>(
      "enqueue_batch", "Adds up to 1000 tasks, all of them or none.",
      core::field("tasks", &enqueue_batch::tasks, {.doc = "as for enqueue", .size_min = 1, .size_max = batch_max}));
}

struct lease_tasks {
  std::string worker_id;
  std::int64_t limit = 10;
  std::optional<std::vector<std::string>> kinds;
  std::int64_t wait_ms = 0;
  std::optional<std::int64_t> lease_s;
};
constexpr auto describe(core::type_tag<lease_tasks>) {
  using core::field;
  return core::description<lease_tasks>(
      "lease",
      "Hands out due tasks: highest priority first, then the one due longest; nobody else gets them meanwhile.",
      field("worker_id", &lease_tasks::worker_id, detail::worker_attributes),
      field("limit", &lease_tasks::limit,
            {.doc = "at most so many tasks", .optional = true, .min = 1, .max = batch_max}),
      field("kinds", &lease_tasks::kinds,
            {.doc = "only tasks of these kinds; all if left out", .size_min = 1, .size_max = 64}),
      field("wait_ms", &lease_tasks::wait_ms,
            {.doc = "wait this long for a task, or for the end of a pause",
             .optional = true,
             .unit = "ms",
             .min = 0,
             .max = wait_ms_max}),
      field("lease_s", &lease_tasks::lease_s,
            {.doc = "length of the leases; as the task, its kind or the queue says if left out",
             .unit = "s",
             .min = 1,
             .max = lease_s_max}));
}

struct heartbeat {
  core::uuid lease_id;
  std::optional<std::int64_t> extend_s;
};
constexpr auto describe(core::type_tag<heartbeat>) {
  using core::field;
  return core::description<heartbeat>(
      "heartbeat", "Prolongs a lease, and tells the worker whether the task is to be cancelled.",
      field("lease_id", &heartbeat::lease_id),
      field("extend_s", &heartbeat::extend_s,
            {.doc = "from now on; the task's usual lease if left out", .unit = "s", .min = 1, .max = lease_s_max}));
}

struct complete {
  core::uuid task_id;
  core::uuid lease_id;
  std::optional<core::document> result;
};
constexpr auto describe(core::type_tag<complete>) {
  using core::field;
  return core::description<complete>("complete", "The attempt succeeded: the task is DONE.",
                                     field("task_id", &complete::task_id), field("lease_id", &complete::lease_id),
                                     field("result", &complete::result, detail::result_attributes));
}

struct fail {
  core::uuid task_id;
  core::uuid lease_id;
  std::string error;
  bool retryable = true;
  std::optional<std::int64_t> retry_after_s;
};
constexpr auto describe(core::type_tag<fail>) {
  using core::field;
  return core::description<fail>(
      "fail", "The attempt failed: the task waits for its next one, or becomes a dead letter.",
      field("task_id", &fail::task_id), field("lease_id", &fail::lease_id),
      field("error", &fail::error, {.doc = "what went wrong", .personal = true, .size_max = error_bytes_max}),
      field("retryable", &fail::retryable, {.doc = "false: a dead letter at once", .optional = true}),
      field(
          "retry_after_s", &fail::retry_after_s,
          {.doc = "no attempt before this, however short the usual wait", .unit = "s", .min = 0, .max = delay_s_max}));
}

struct cancel {
  core::uuid id;
  std::string reason = "cancelled";
};
constexpr auto describe(core::type_tag<cancel>) {
  return core::description<cancel>(
      "cancel", "Cancels a PENDING task at once; a RUNNING one is told with its next heartbeat and is not tried again.",
      core::field("id", &cancel::id), core::field("reason", &cancel::reason, detail::reason_attributes));
}

struct cancel_about {
  std::string subject;
  std::string reason = "erasure";
};
constexpr auto describe(core::type_tag<cancel_about>) {
  return core::description<cancel_about>(
      "cancel_about", "Cancels the waiting and running tasks about one person, 1000 at a time.",
      core::field("subject", &cancel_about::subject,
                  {.doc = "the pseudonym, as the tasks carry it", .size_min = 1, .size_max = 64}),
      core::field("reason", &cancel_about::reason, detail::reason_attributes));
}

struct reschedule {
  core::uuid id;
  core::timestamp run_at;
};
constexpr auto describe(core::type_tag<reschedule>) {
  return core::description<reschedule>(
      "reschedule", "Moves a PENDING task to another time.", core::field("id", &reschedule::id),
      core::field("run_at", &reschedule::run_at, {.doc = "not before this time, at most 366 days ahead; now if past"}));
}

struct pause {
  std::optional<std::string> kind;
};
constexpr auto describe(core::type_tag<pause>) {
  return core::description<pause>(
      "pause", "No new leases, of the queue or of one kind; running attempts finish.",
      core::field("kind", &pause::kind, {.doc = "all if left out", .text = core::charset::name}));
}
struct resume {
  std::optional<std::string> kind;
};
constexpr auto describe(core::type_tag<resume>) {
  return core::description<resume>(
      "resume", "Takes a pause back: that of the queue, or that of one kind.",
      core::field("kind", &resume::kind, {.doc = "the queue's if left out", .text = core::charset::name}));
}

struct retry {
  core::uuid id;
};
constexpr auto describe(core::type_tag<retry>) {
  return core::description<retry>("retry",
                                  "Takes a dead letter back: PENDING and due now, its attempts counted from 0.",
                                  core::field("id", &retry::id));
}
struct retry_all {
  std::optional<std::string> kind;
  std::optional<core::timestamp> since;
  std::optional<std::int64_t> rate;
};
constexpr auto describe(core::type_tag<retry_all>) {
  using core::field;
  return core::description<retry_all>(
      "retry_all", "Takes all dead letters back that there are now.",
      field("kind", &retry_all::kind, {.doc = "only of this kind", .text = core::charset::name}),
      field("since", &retry_all::since, {.doc = "only what died at this time or later"}),
      field("rate", &retry_all::rate,
            {.doc = "due one after the other, so many a second; all now if left out",
             .unit = "1/s",
             .min = 1,
             .max = 100'000}));
}
struct discard {
  core::uuid id;
  std::string reason;
};
constexpr auto describe(core::type_tag<discard>) {
  return core::description<discard>(
      "discard", "Gives a dead letter up: it becomes CANCELLED.", core::field("id", &discard::id),
      core::field("reason", &discard::reason,
                  {.doc = "why; kept in the history, so it should name nobody", .size_min = 1, .size_max = 512}));
}

struct release {
  std::string worker_id;
};
constexpr auto describe(core::type_tag<release>) {
  return core::description<release>(
      "release",
      "Gives back the leases of a worker that stops or starts anew; the attempts do not count. 1000 at a time.",
      core::field("worker_id", &release::worker_id, detail::worker_attributes));
}

struct configure {
  std::optional<std::string> kind;
  settings values;
  std::optional<std::int64_t> pending_max;
};
constexpr auto describe(core::type_tag<configure>) {
  using core::field;
  return core::description<configure>(
      "configure", "Says how the tasks of the queue, or of one kind, are treated. Replaces what was said before.",
      field("kind", &configure::kind,
            {.doc = "for tasks of this kind; for the queue if left out", .text = core::charset::name}),
      field("values", &configure::values, {.doc = "what is left out is decided one level up"}),
      field("pending_max", &configure::pending_max,
            {.doc = "tasks that may wait; of the queue only", .min = 1, .max = pending_max_default}));
}

struct tick {
  std::int64_t limit = 10;
};
constexpr auto describe(core::type_tag<tick>) {
  return core::description<tick>(
      "tick",
      "Does by hand what time does by itself: ends expired leases, cancels expired tasks, forgets finished ones.",
      core::field("limit", &tick::limit,
                  {.doc = "at most so many tasks", .optional = true, .min = 1, .max = batch_max}));
}

struct list_tasks {
  task_status status = task_status::pending;
  std::int64_t limit = 50;
  std::optional<std::string> kind;
  std::optional<std::string> cursor;
};
constexpr auto describe(core::type_tag<list_tasks>) {
  using core::field;
  return core::description<list_tasks>(
      "list",
      "Tasks in one status, by run_at. With a kind a page may hold fewer than there are left; the cursor leads on.",
      field("status", &list_tasks::status, {.optional = true}),
      field("limit", &list_tasks::limit, {.optional = true, .min = 1, .max = page_max}),
      field("kind", &list_tasks::kind, {.doc = "only of this kind", .text = core::charset::name}),
      field("cursor", &list_tasks::cursor, detail::cursor_attributes));
}

struct dead_letters {
  std::int64_t limit = 50;
  std::optional<std::string> cursor;
};
constexpr auto describe(core::type_tag<dead_letters>) {
  using core::field;
  return core::description<dead_letters>(
      "dead", "Dead letters with their last errors, the oldest first.",
      field("limit", &dead_letters::limit, {.optional = true, .min = 1, .max = page_max}),
      field("cursor", &dead_letters::cursor, detail::cursor_attributes));
}

struct show_task {
  core::uuid id;
};
constexpr auto describe(core::type_tag<show_task>) {
  return core::description<show_task>("show", "All there is to know about a task.", core::field("id", &show_task::id));
}

struct queue_stats {};
constexpr auto describe(core::type_tag<queue_stats>) {
  return core::description<queue_stats>("stats", "How many tasks there are, of each kind and in each status.");
}

}  // namespace logline::work
