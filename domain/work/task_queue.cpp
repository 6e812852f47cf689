#include "domain/work/task_queue.hpp"

#include <limits>
#include <utility>

#include "domain/work/upkeep.hpp"

namespace logline::work {

using core::record_meta;

namespace {

situation after_attempt(task_status status) {
  switch (status) {
    case task_status::pending:
      return pending{};
    case task_status::error:
      return dead{};
    case task_status::cancelled:
      return cancelled{};
    case task_status::running:
    case task_status::done:
      break;
  }
  LL_INVARIANT(false, "an attempt without success left a task with status {}", static_cast<int>(status));
}

// A failed attempt, whoever noticed.
template <class Event>
void close_failed(task_queue& queue, const Event& event, const record_meta& meta) {
  queue.leases.end(event.lease_id);
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = after_attempt(event.status);
    if (event.run_at) t.run_at = *event.run_at;
    t.last_failure = meta.sequence;
    if (t.first_failed_at.us == 0) t.first_failed_at = meta.decided_at;
    t.updated_at = meta.decided_at;
  });
}

// Says nothing of a kind any more that nothing needs to be said of: equal rules, equal states.
void forget_plain(task_queue& queue, const std::string& kind) {
  const auto found = queue.kinds.find(kind);
  if (found != queue.kinds.end() && found->second == kind_rules{}) queue.kinds.erase(found);
}

}  // namespace

void evolve(task_queue& queue, const task_enqueued& event, const record_meta& meta) {
  task t;
  t.enqueued = meta.sequence;
  t.created_at = t.updated_at = meta.decided_at;
  t.run_at = event.run_at;
  t.expires_at = event.expires_at.value_or(core::never);
  t.kind = &event.kind;
  if (event.unique_key) t.unique = unique_mark(*event.unique_key);
  t.payload_bytes =
      static_cast<std::uint32_t>(event.payload_bytes.value_or(static_cast<std::int64_t>(event.payload.msgpack.size())));
  if (event.subject) t.subject = core::parse_pseudonym(*event.subject).value_or(core::uuid{});
  t.lease_s = static_cast<std::uint32_t>(event.lease_s.value_or(0));
  t.max_attempts = static_cast<std::uint8_t>(event.max_attempts);
  t.priority = static_cast<std::uint8_t>(event.priority);
  t.backoff = event.backoff;
  queue.tasks.add(event.task_id, std::move(t));
}

void evolve(task_queue& queue, const task_leased& event, const record_meta& meta) {
  queue.last_token = event.token;
  queue.leases.grant({event.lease_id, event.task_id, event.worker_id, event.token, meta.decided_at, event.until, {}});
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = running{event.lease_id};
    t.attempts = static_cast<std::uint8_t>(event.attempt);
    t.updated_at = meta.decided_at;
    LL_INVARIANT(t.attempts <= t.max_attempts, "attempt {} of {}", t.attempts, t.max_attempts);
  });
}

void evolve(task_queue& queue, const task_lease_extended& event, const record_meta& meta) {
  queue.leases.extend(event.lease_id, event.until);
  queue.tasks.change(event.task_id, [&](task& t) { t.updated_at = meta.decided_at; });
}

void evolve(task_queue& queue, const task_lease_expired& event, const record_meta& meta) {
  close_failed(queue, event, meta);
}

void evolve(task_queue& queue, const task_failed& event, const record_meta& meta) {
  close_failed(queue, event, meta);
}

void evolve(task_queue& queue, const task_completed& event, const record_meta& meta) {
  queue.leases.end(event.lease_id);
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = done{event.lease_id};
    t.updated_at = meta.decided_at;
  });
}

// The attempt's own event made the task a dead letter or cancelled it; the event that says so by name changes nothing
// more.
void evolve(task_queue& queue, const task_dead_lettered& event, const record_meta& meta) {
  const auto* t = queue.tasks.find(event.task_id);
  LL_INVARIANT(t != nullptr && t->status() == task_status::error && t->updated_at == meta.decided_at,
               "task {} became a dead letter without a failed attempt", event.task_id.text());
}

void evolve(task_queue& queue, const task_cancel_requested& event, const record_meta& meta) {
  queue.leases.ask_to_cancel(event.lease_id, event.reason);
  queue.tasks.change(event.task_id, [&](task& t) { t.updated_at = meta.decided_at; });
}

void evolve(task_queue& queue, const task_cancelled& event, const record_meta& meta) {
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = cancelled{};
    t.updated_at = meta.decided_at;
  });
}

void evolve(task_queue& queue, const task_rescheduled& event, const record_meta& meta) {
  queue.tasks.change(event.task_id, [&](task& t) {
    t.run_at = event.run_at;
    t.updated_at = meta.decided_at;
  });
}

void evolve(task_queue& queue, const task_retried& event, const record_meta& meta) {
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = pending{};
    t.run_at = event.run_at;
    t.attempts = 0;
    if (t.retries != std::numeric_limits<std::uint16_t>::max()) ++t.retries;
    t.updated_at = meta.decided_at;
  });
}

void evolve(task_queue& queue, const task_released& event, const record_meta& meta) {
  queue.leases.end(event.lease_id);
  queue.tasks.change(event.task_id, [&](task& t) {
    t.now = after_attempt(event.status);
    --t.attempts;
    t.updated_at = meta.decided_at;
  });
}

void evolve(task_queue& queue, const retry_all_started& event, const record_meta& meta) {
  retry_run run;
  run.kind = event.kind;
  run.since = event.since;
  run.rate = event.rate;
  run.started_at = meta.decided_at;
  queue.retrying = std::move(run);
}

void evolve(task_queue& queue, const retry_all_advanced& event) {
  LL_INVARIANT(queue.retrying, "dead letters up to {} were taken back, and nobody had asked", event.task_id.text());
  queue.retrying->cursor_died_at = event.died_at;
  queue.retrying->cursor_id = event.task_id;
  queue.retrying->retried = event.retried;
}

void evolve(task_queue& queue, const retry_all_finished&) {
  queue.retrying.reset();
}

void evolve(task_queue& queue, const tasks_pruned& event) {
  queue.tasks.forget_finished(static_cast<std::size_t>(event.count));
}

void evolve(task_queue& queue, const queue_paused& event) {
  (event.kind ? queue.kinds[*event.kind].paused : queue.paused) = true;
}

void evolve(task_queue& queue, const queue_resumed& event) {
  (event.kind ? queue.kinds[*event.kind].paused : queue.paused) = false;
  if (event.kind) forget_plain(queue, *event.kind);
}

void evolve(task_queue& queue, const queue_configured& event) {
  if (!event.kind) {
    queue.values = event.values;
    queue.pending_max = event.pending_max.value_or(pending_max_default);
    return;
  }
  queue.kinds[*event.kind].values = event.values;
  forget_plain(queue, *event.kind);
}

std::optional<core::timestamp> next_wake(const task_queue& queue) {
  return next_upkeep(queue);
}

const core::entity_type& task_queue_type() {
  static const core::typed_entity<task_queue_definition> type;
  return type;
}

}  // namespace logline::work
