#include "adapters/postgres/failover.hpp"

#include <algorithm>

#include "domain/core/invariant.hpp"

namespace logline::postgres {

namespace {
constexpr int refusals_max = 2;
}

watch_step failover::begin() {
  refusals_ = 0;
  active_takes_writes_ = false;
  other_ = {};
  return step_ = watch_step::probe_active;
}

watch_step failover::told(core::timestamp now, probe_result found) {
  switch (step_) {
    case watch_step::probe_active:
      return step_ = told_of_active(found);
    case watch_step::probe_other:
      return step_ = told_of_other(now, found);
    case watch_step::await_promotion:
      return step_ = told_of_promotion(now, found);
    case watch_step::fence:
    case watch_step::promote:
    case watch_step::take_over:
    case watch_step::rest:
      break;
  }
  LL_INVARIANT(false, "nothing was probed in step {}", static_cast<int>(step_));
}

watch_step failover::done(core::timestamp now) {
  switch (step_) {
    case watch_step::fence:
      return step_ = watch_step::promote;
    case watch_step::promote:
      promotion_ends_ = now + rules_.promotion_max;
      return step_ = watch_step::await_promotion;
    case watch_step::take_over:
      return step_ = end(watch_verdict::switched);
    case watch_step::probe_active:
    case watch_step::probe_other:
    case watch_step::await_promotion:
    case watch_step::rest:
      break;
  }
  LL_INVARIANT(false, "nothing was to be done in step {}", static_cast<int>(step_));
}

watch_step failover::end(watch_verdict verdict) {
  verdict_ = verdict;
  return watch_step::rest;
}

watch_step failover::told_of_active(probe_result found) {
  active_takes_writes_ = found.role == server_role::writable;
  if (!active_takes_writes_ && ++refusals_ < refusals_max) return watch_step::probe_active;
  if (has_other_) return watch_step::probe_other;
  return end(active_takes_writes_ ? watch_verdict::level : watch_verdict::down);
}

watch_step failover::told_of_other(core::timestamp now, probe_result found) {
  other_ = found;
  if (active_takes_writes_)
    return end(found.role == server_role::writable ? watch_verdict::split : watch_verdict::level);
  if (found.role == server_role::silent) return end(watch_verdict::down);
  // An old primary that came back while the new one is away lacks what the new one was told: never that one.
  if (found.role == server_role::writable && found.epoch < state_.epoch) return end(watch_verdict::split);
  if (state_.last_switch && now - *state_.last_switch < rules_.switch_min) return end(watch_verdict::paused);
  return found.role == server_role::writable ? take_over(now, found) : watch_step::fence;
}

watch_step failover::told_of_promotion(core::timestamp now, probe_result found) {
  if (found.role == server_role::writable) return take_over(now, found);
  return now < promotion_ends_ ? watch_step::await_promotion : end(watch_verdict::not_promoted);
}

watch_step failover::take_over(core::timestamp now, probe_result other) {
  state_.active = other_index();
  state_.epoch = std::max(state_.epoch, other.epoch) + 1;
  state_.last_switch = now;
  return watch_step::take_over;
}

bool failover::order_switch(core::timestamp now, probe_result other) {
  if (!has_other_ || other.role != server_role::writable || other.epoch < state_.epoch) return false;
  step_ = take_over(now, other);
  return true;
}

}  // namespace logline::postgres
