#include "domain/work/aftermath.hpp"

#include <algorithm>

#include "domain/work/backoff.hpp"
#include "domain/work/rules.hpp"

namespace logline::work {

namespace {

core::duration_us wait_before_next(const task_queue& queue, const task& t, const core::context& ctx) {
  auto rules = settings_for(queue, *t.kind);
  rules.backoff.shape = t.backoff.value_or(rules.backoff.shape);
  const auto delay = backoff_delay(rules.backoff, t.attempts);
  if (rules.jitter_percent == 0 || delay.us == 0) return delay;
  return std::min(with_jitter(delay, rules.jitter_percent, ctx.draws.next()), core::seconds(rules.backoff.max_s));
}

}  // namespace

aftermath after_failure(const task_queue& queue, const lease& attempt, bool retryable,
                        std::optional<std::int64_t> retry_after_s, const core::context& ctx) {
  const auto& t = *queue.tasks.find(attempt.task_id);
  if (attempt.cancel_reason) return {task_status::cancelled, {}, *attempt.cancel_reason};
  if (!retryable || t.attempts >= t.max_attempts) return {task_status::error, {}, {}};
  if (t.expires_at <= ctx.now) return {task_status::cancelled, {}, "expired"};
  const auto wait = std::max(wait_before_next(queue, t, ctx), core::seconds(retry_after_s.value_or(0)));
  return {task_status::pending, ctx.now + wait, {}};
}

void emit_end(core::decision& out, const task& t, const core::uuid& task_id, const aftermath& what,
              std::string_view error, core::timestamp now) {
  if (what.status == task_status::error)
    out.emit(task_dead_lettered{task_id, t.attempts, std::string{error},
                                t.first_failed_at.us == 0 ? now : t.first_failed_at, subject_of(t)});
  if (what.status == task_status::cancelled) out.emit(task_cancelled{task_id, what.reason});
}

}  // namespace logline::work
