#include <algorithm>

#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"
#include "domain/work/task_queue.hpp"

/// pause, resume, reschedule, configure (TSK-08, TSK-11, TSK-12).
namespace logline::work {

using core::context;
using core::decision;

namespace {

constexpr std::size_t ruled_kinds_max = 1'024;

kind_rules rules_of(const task_queue& queue, const std::string& kind) {
  const auto found = queue.kinds.find(kind);
  return found == queue.kinds.end() ? kind_rules{} : found->second;
}

// Rules of kinds are kept in memory for ever, so there is a bound on how many.
std::optional<core::failure> too_many_kinds(const task_queue& queue, const std::string& kind) {
  if (queue.kinds.size() < ruled_kinds_max || queue.kinds.find(kind) != queue.kinds.end()) return std::nullopt;
  const auto problem =
      fmt::format("would be one more than the {} kinds of which a queue may hold rules", ruled_kinds_max);
  return core::invalid_input("/kind " + problem, {{"/kind", problem}});
}

}  // namespace

decision decide(const task_queue& queue, const pause& command, const context&) {
  if (command.kind ? rules_of(queue, *command.kind).paused : queue.paused) return {};
  if (command.kind)
    if (auto why = too_many_kinds(queue, *command.kind)) return *std::move(why);
  return decision{}.emit(queue_paused{command.kind});
}

decision decide(const task_queue& queue, const resume& command, const context&) {
  if (!(command.kind ? rules_of(queue, *command.kind).paused : queue.paused)) return {};
  return decision{}.emit(queue_resumed{command.kind});
}

decision decide(const task_queue& queue, const reschedule& command, const context& ctx) {
  if (command.run_at > schedule_horizon(ctx.now))
    return core::invalid_input("/run_at must be at most 366 days ahead",
                               {{"/run_at", "must be at most 366 days ahead"}});
  const auto* t = queue.tasks.find(command.id);
  if (t == nullptr) return no_such_task(command.id);
  if (t->status() != task_status::pending)
    return wrong_status("CONFLICT", "only waiting tasks can be moved to another time", command.id, t->status());
  const auto run_at = std::max(command.run_at, ctx.now);
  const task_now reply{command.id, task_status::pending, run_at};
  if (run_at == t->run_at) return decision{}.answer(reply);
  return decision{}.emit(task_rescheduled{command.id, run_at}).answer(reply);
}

decision decide(const task_queue& queue, const configure& command, const context&) {
  if (command.kind) {
    if (command.pending_max)
      return core::invalid_input("/pending_max is of the queue as a whole",
                                 {{"/pending_max", "is of the queue as a whole"}});
    if (auto why = too_many_kinds(queue, *command.kind)) return *std::move(why);
    if (rules_of(queue, *command.kind).values == command.values) return {};
  } else if (queue.values == command.values && queue.pending_max == command.pending_max.value_or(pending_max_default)) {
    return {};
  }
  return decision{}.emit(queue_configured{command.kind, command.values, command.pending_max});
}

}  // namespace logline::work
