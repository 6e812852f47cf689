#include "domain/work/dead_letters.hpp"

#include <algorithm>

#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"

/// retry, retry_all, discard (TSK-10).
namespace logline::work {

using core::context;
using core::decision;

namespace {

constexpr std::size_t looked_at_max = 1'000;

/// One stretch of a retry_all.
struct stretch {
  std::vector<task_retried> events;
  time_key last_seen;
  bool at_end = true;
  bool queue_full = false;
};

core::timestamp run_at_of(const retry_run& run, std::int64_t nth, core::timestamp now) {
  if (!run.rate) return now;
  return std::max(now, run.started_at + core::duration_us{nth * 1'000'000 / *run.rate});
}

stretch look_at(const task_queue& queue, const retry_run& run, core::timestamp now, std::size_t budget) {
  stretch out;
  const auto& dead = queue.tasks.dead_letters();
  const auto room = queue.pending_max - static_cast<std::int64_t>(queue.tasks.count(task_status::pending));
  auto it = dead.upper_bound({run.cursor_died_at, run.cursor_id});
  if (run.since && it != dead.end() && it->at < *run.since) it = dead.lower_bound({*run.since, {}});
  std::int64_t taken = 0;
  for (; it != dead.end() && it->at <= run.started_at; ++it) {
    if (budget-- == 0) {
      out.at_end = false;
      break;
    }
    out.last_seen = *it;
    const auto* t = queue.tasks.find(it->id);
    if (run.kind && *run.kind != *t->kind) continue;
    if (taken >= room) {
      out.queue_full = true;
      break;
    }
    out.events.push_back({it->id, run_at_of(run, run.retried + taken, now), t->attempts});
    ++taken;
  }
  return out;
}

}  // namespace

std::size_t continue_retry_run(const task_queue& queue, const context& ctx, std::size_t budget, decision& out) {
  if (!queue.retrying || budget == 0) return 0;
  const auto now = look_at(queue, *queue.retrying, ctx.now, budget);
  for (const auto& event : now.events)
    out.emit(event);
  const auto retried = queue.retrying->retried + static_cast<std::int64_t>(now.events.size());
  if (now.at_end || now.queue_full)
    out.emit(retry_all_finished{retried, now.queue_full});
  else
    out.emit(retry_all_advanced{now.last_seen.at, now.last_seen.id, retried});
  return now.events.size();
}

decision decide(const task_queue& queue, const retry& command, const context& ctx) {
  const auto* t = queue.tasks.find(command.id);
  if (t == nullptr || t->status() != task_status::error)
    return core::not_found(fmt::format("task {} is no dead letter of this queue", command.id.text()));
  if (static_cast<std::int64_t>(queue.tasks.count(task_status::pending)) >= queue.pending_max) return queue_full(queue);
  return decision{}
      .emit(task_retried{command.id, ctx.now, t->attempts})
      .answer(task_now{command.id, task_status::pending, ctx.now});
}

decision decide(const task_queue& queue, const retry_all& command, const context& ctx) {
  if (queue.retrying) return core::conflict("dead letters are being taken back already; wait until that has ended");
  retry_run run;
  run.kind = command.kind;
  run.since = command.since;
  run.rate = command.rate;
  run.started_at = ctx.now;
  const auto first = look_at(queue, run, ctx.now, looked_at_max);
  if (first.queue_full && first.events.empty()) return queue_full(queue);
  decision out;
  const auto retried = static_cast<std::int64_t>(first.events.size());
  const bool goes_on = !first.at_end && !first.queue_full;
  if (goes_on) out.emit(retry_all_started{command.kind, command.since, command.rate});
  for (const auto& event : first.events)
    out.emit(event);
  if (goes_on) out.emit(retry_all_advanced{first.last_seen.at, first.last_seen.id, retried});
  out.answer(dead_letters_retried{retried, goes_on, first.queue_full});
  return out;
}

decision decide(const task_queue& queue, const discard& command, const context&) {
  const auto* t = queue.tasks.find(command.id);
  if (t != nullptr && t->status() == task_status::cancelled)
    return decision{}.answer(task_now{command.id, task_status::cancelled, {}});
  if (t == nullptr || t->status() != task_status::error)
    return core::not_found(fmt::format("task {} is no dead letter of this queue", command.id.text()));
  return decision{}
      .emit(task_cancelled{command.id, command.reason})
      .answer(task_now{command.id, task_status::cancelled, {}});
}

}  // namespace logline::work
