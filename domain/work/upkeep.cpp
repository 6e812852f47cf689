#include "domain/work/upkeep.hpp"

#include <algorithm>

#include "domain/work/aftermath.hpp"
#include "domain/work/dead_letters.hpp"
#include "domain/work/replies.hpp"

namespace logline::work {

using core::context;
using core::decision;

namespace {

constexpr std::size_t tasks_per_wake = 1'000;  // the rest follows at once, after other commands had their turn
constexpr core::duration_us finished_keep = core::hours(1);  // TSK-15
constexpr core::duration_us prune_every = core::minutes(1);  // many at a time: one event each would double the journal
constexpr std::size_t finished_max = 100'000;                // memory stays bounded however fast tasks finish

core::timestamp prune_due(core::timestamp ended_at) {
  const auto us = (ended_at + finished_keep).us;
  return {(us + prune_every.us - 1) / prune_every.us * prune_every.us};
}

// First, since it counts from the front of what had finished before this decision.
void prune(const task_queue& queue, core::timestamp now, std::size_t budget, decision& out) {
  const auto& finished = queue.tasks.finished();
  tasks_pruned event;
  for (auto it = finished.begin(); it != finished.end() && static_cast<std::size_t>(event.count) < budget; ++it) {
    const bool too_many = finished.size() - static_cast<std::size_t>(event.count) > finished_max;
    if (!too_many && prune_due(it->at) > now) break;
    ++event.count;
    event.through = it->at;
  }
  if (event.count > 0) out.emit(event);
}

std::size_t expire_leases(const task_queue& queue, const context& ctx, std::size_t budget, decision& out) {
  static constexpr std::string_view error = "lease expired";
  const auto expired = queue.leases.expired(ctx.now, budget);
  for (const auto* attempt : expired) {
    const auto& t = *queue.tasks.find(attempt->task_id);
    const auto what = after_failure(queue, *attempt, true, std::nullopt, ctx);
    out.emit(
        task_lease_expired{attempt->task_id, attempt->id, t.attempts, std::string{error}, what.status, what.run_at});
    emit_end(out, t, attempt->task_id, what, error, ctx.now);
  }
  return expired.size();
}

std::size_t expire_tasks(const task_queue& queue, core::timestamp now, std::size_t budget, decision& out) {
  std::size_t expired = 0;
  const auto& expiring = queue.tasks.expiring();
  for (auto it = expiring.begin(); it != expiring.end() && it->at <= now && expired < budget; ++it, ++expired)
    out.emit(task_cancelled{it->id, "expired"});
  return expired;
}

std::int64_t keep_up(const task_queue& queue, const context& ctx, std::size_t budget, decision& out) {
  prune(queue, ctx.now, budget, out);
  auto acted = expire_leases(queue, ctx, budget, out);
  acted += expire_tasks(queue, ctx.now, budget - acted, out);
  acted += continue_retry_run(queue, ctx, budget - acted, out);
  return static_cast<std::int64_t>(acted);
}

}  // namespace

std::optional<core::timestamp> next_upkeep(const task_queue& queue) {
  auto earliest = queue.leases.earliest_expiry().value_or(core::never);
  if (!queue.tasks.expiring().empty()) earliest = std::min(earliest, queue.tasks.expiring().begin()->at);
  if (const auto& finished = queue.tasks.finished(); !finished.empty()) {
    const auto oldest = finished.begin()->at;
    earliest = std::min(earliest, finished.size() > finished_max ? oldest : prune_due(oldest));
  }
  if (queue.retrying) earliest = std::min(earliest, queue.retrying->started_at);
  if (earliest == core::never) return std::nullopt;
  return earliest;
}

decision decide(const task_queue& queue, const core::woken&, const context& ctx) {
  decision out;
  keep_up(queue, ctx, tasks_per_wake, out);
  return out;
}

decision decide(const task_queue& queue, const tick& command, const context& ctx) {
  decision out;
  const auto acted = keep_up(queue, ctx, static_cast<std::size_t>(command.limit), out);
  out.answer(ticked{acted});
  return out;
}

}  // namespace logline::work
