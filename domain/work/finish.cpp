#include "domain/work/aftermath.hpp"
#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"
#include "domain/work/task_queue.hpp"

/// complete, fail, cancel (TSK-06, TSK-09, TSK-11).
namespace logline::work {

using core::context;
using core::decision;

namespace {

/// The open attempt, when it is this one and its time is not up: an outdated lease changes nothing.
const lease* open_attempt(const task_queue& queue, const core::uuid& task_id, const core::uuid& lease_id,
                          core::timestamp now) {
  const auto* held = queue.leases.find(lease_id);
  return held != nullptr && held->task_id == task_id && held->until > now ? held : nullptr;
}

}  // namespace

decision decide(const task_queue& queue, const complete& command, const context& ctx) {
  const auto* t = queue.tasks.find(command.task_id);
  if (t == nullptr) return no_such_task(command.task_id);
  if (command.result && command.result->msgpack.size() > payload_bytes_max)
    return core::too_large(
        fmt::format("/result has {} bytes, at most {} are taken", command.result->msgpack.size(), payload_bytes_max));
  // The worker may not have heard our first answer.
  if (const auto* before = std::get_if<done>(&t->now); before != nullptr && before->lease_id == command.lease_id)
    return decision{}.answer(task_now{command.task_id, task_status::done, {}});
  if (open_attempt(queue, command.task_id, command.lease_id, ctx.now) == nullptr) return lease_lost(command.lease_id);
  // Even when somebody asked for it to be cancelled: what was done is done, and the history says so.
  return decision{}
      .emit(task_completed{command.task_id, command.lease_id, t->attempts, command.result, subject_of(*t)})
      .answer(task_now{command.task_id, task_status::done, {}});
}

decision decide(const task_queue& queue, const fail& command, const context& ctx) {
  const auto* t = queue.tasks.find(command.task_id);
  if (t == nullptr) return no_such_task(command.task_id);
  const auto* attempt = open_attempt(queue, command.task_id, command.lease_id, ctx.now);
  if (attempt == nullptr) return lease_lost(command.lease_id);
  const auto what = after_failure(queue, *attempt, command.retryable, command.retry_after_s, ctx);
  decision out;
  out.emit(task_failed{command.task_id, command.lease_id, t->attempts, command.error, command.retryable, what.status,
                       what.run_at, subject_of(*t)});
  emit_end(out, *t, command.task_id, what, command.error, ctx.now);
  out.answer(task_now{command.task_id, what.status, what.run_at});
  return out;
}

decision decide(const task_queue& queue, const cancel& command, const context&) {
  const auto* t = queue.tasks.find(command.id);
  if (t == nullptr) return no_such_task(command.id);
  switch (t->status()) {
    case task_status::pending:
      return decision{}
          .emit(task_cancelled{command.id, command.reason})
          .answer(task_now{command.id, task_status::cancelled, {}});
    case task_status::running: {
      const auto& lease_id = std::get<running>(t->now).lease_id;
      const task_now reply{command.id, task_status::running, {}};
      if (queue.leases.find(lease_id)->cancel_reason) return decision{}.answer(reply);
      return decision{}.emit(task_cancel_requested{command.id, lease_id, command.reason}).answer(reply);
    }
    case task_status::cancelled:
      return decision{}.answer(task_now{command.id, task_status::cancelled, {}});
    case task_status::done:
    case task_status::error:
      break;
  }
  return wrong_status("NOT_CANCELLABLE",
                      "only waiting and running tasks can be cancelled; dead letters can be discarded", command.id,
                      t->status());
}

decision decide(const task_queue& queue, const cancel_about& command, const context&) {
  const auto subject = core::parse_pseudonym(command.subject);
  if (!subject) return core::invalid_input("/subject is no pseudonym", {{"/subject", "is no pseudonym"}});
  decision out;
  tasks_cancelled reply;
  for (const auto& [id, t] : queue.tasks.all()) {
    const bool waits = t.status() == task_status::pending;
    if (t.subject != *subject || (!waits && t.status() != task_status::running)) continue;
    if (!waits && queue.leases.find(std::get<running>(t.now).lease_id)->cancel_reason) continue;
    if (reply.cancelled == batch_max) {
      ++reply.left;
      continue;
    }
    ++reply.cancelled;
    if (waits)
      out.emit(task_cancelled{id, command.reason});
    else
      out.emit(task_cancel_requested{id, std::get<running>(t.now).lease_id, command.reason});
  }
  return std::move(out.answer(reply));
}

}  // namespace logline::work
