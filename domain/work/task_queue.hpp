#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/entity.hpp"
#include "domain/work/commands.hpp"
#include "domain/work/events.hpp"
#include "domain/work/lease_table.hpp"
#include "domain/work/settings.hpp"
#include "domain/work/task_table.hpp"

/// `task_queue/<name>`: tasks wait for their time, are leased to workers, and are tried until they are done or dead
/// letters (engine §2.1, TSK). This header is the entity; decisions are in enqueue, lease, finish, dead_letters,
/// control, upkeep and queries, one file a subject.
namespace logline::work {

/// What is said of one kind.
struct kind_rules {
  settings values;
  bool paused = false;
  friend bool operator==(const kind_rules&, const kind_rules&) = default;
};

/// Dead letters on their way back, as many at a time as one wake-up may take (TSK-10).
struct retry_run {
  std::optional<std::string> kind;
  std::optional<core::timestamp> since;
  std::optional<std::int64_t> rate;
  core::timestamp started_at;      ///< what dies later is not taken back
  core::timestamp cursor_died_at;  ///< everything up to here has been looked at
  core::uuid cursor_id;
  std::int64_t retried = 0;
};

struct task_queue {
  settings values;
  std::int64_t pending_max = pending_max_default;
  bool paused = false;
  std::map<std::string, kind_rules> kinds;  ///< only kinds of which something is said
  std::uint64_t last_token = 0;
  std::optional<retry_run> retrying;
  task_table tasks;
  lease_table leases;
};

constexpr auto describe(core::type_tag<kind_rules>) {
  return core::description<kind_rules>("kind_rules", "What is said of a kind.",
                                       core::field("values", &kind_rules::values),
                                       core::field("paused", &kind_rules::paused));
}
constexpr auto describe(core::type_tag<retry_run>) {
  using core::field;
  return core::description<retry_run>("retry_run", "Dead letters on their way back.", field("kind", &retry_run::kind),
                                      field("since", &retry_run::since), field("rate", &retry_run::rate),
                                      field("started_at", &retry_run::started_at),
                                      field("cursor_died_at", &retry_run::cursor_died_at),
                                      field("cursor_id", &retry_run::cursor_id), field("retried", &retry_run::retried));
}
constexpr auto describe(core::type_tag<task_queue>) {
  using core::field;
  return core::description<task_queue>(
      "task_queue", "Tasks and who works on them.", field("values", &task_queue::values),
      field("pending_max", &task_queue::pending_max), field("paused", &task_queue::paused),
      field("kinds", &task_queue::kinds), field("last_token", &task_queue::last_token),
      field("retrying", &task_queue::retrying), field("tasks", &task_queue::tasks),
      field("leases", &task_queue::leases));
}

core::decision decide(const task_queue& queue, const enqueue& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const enqueue_batch& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const lease_tasks& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const heartbeat& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const complete& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const fail& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const cancel& command, const core::context& ctx);
/// Cancels pending tasks, and asks for the running ones to be cancelled (GDP-11).
core::decision decide(const task_queue& queue, const cancel_about& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const reschedule& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const pause& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const resume& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const retry& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const retry_all& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const discard& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const release& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const configure& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const tick& command, const core::context& ctx);
core::decision decide(const task_queue& queue, const core::woken&, const core::context& ctx);

core::decision answer(const task_queue& queue, const list_tasks& query, const core::context& ctx);
core::decision answer(const task_queue& queue, const dead_letters& query, const core::context& ctx);
core::decision answer(const task_queue& queue, const show_task& query, const core::context& ctx);
core::decision answer(const task_queue& queue, const queue_stats& query, const core::context& ctx);

void evolve(task_queue& queue, const task_enqueued& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_leased& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_lease_extended& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_lease_expired& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_completed& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_failed& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_dead_lettered& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_cancel_requested& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_cancelled& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_rescheduled& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_retried& event, const core::record_meta& meta);
void evolve(task_queue& queue, const task_released& event, const core::record_meta& meta);
void evolve(task_queue& queue, const retry_all_started& event, const core::record_meta& meta);
void evolve(task_queue& queue, const retry_all_advanced& event);
void evolve(task_queue& queue, const retry_all_finished& event);
void evolve(task_queue& queue, const tasks_pruned& event);
void evolve(task_queue& queue, const queue_paused& event);
void evolve(task_queue& queue, const queue_resumed& event);
void evolve(task_queue& queue, const queue_configured& event);

/// The earliest of: a lease expires, a task expires, finished tasks are old enough to be forgotten; the start of a
/// retry_all that goes on. A time in the past means "at once".
std::optional<core::timestamp> next_wake(const task_queue& queue);

struct task_queue_definition {
  static constexpr std::string_view name = "task_queue";
  static constexpr std::string_view doc = "Tasks wait for their time, are leased to workers, and are tried until done.";
  static constexpr std::uint32_t fold_version = 2;
  using state = task_queue;
  using commands = core::type_list<enqueue, enqueue_batch, lease_tasks, heartbeat, complete, fail, cancel, cancel_about,
                                   reschedule, pause, resume, retry, retry_all, discard, release, configure, tick>;
  using queries = core::type_list<list_tasks, dead_letters, show_task, queue_stats>;
  using events = core::type_list<task_enqueued, task_leased, task_lease_extended, task_lease_expired, task_completed,
                                 task_failed, task_dead_lettered, task_cancel_requested, task_cancelled,
                                 task_rescheduled, task_retried, task_released, retry_all_started, retry_all_advanced,
                                 retry_all_finished, tasks_pruned, queue_paused, queue_resumed, queue_configured>;
};

const core::entity_type& task_queue_type();

}  // namespace logline::work
