#include "domain/work/rules.hpp"

#include <string>

namespace logline::work {

namespace {

constexpr std::int64_t queue_full_retry_after_s = 5;

const kind_rules* rules_for(const task_queue& queue, std::string_view kind) {
  if (queue.kinds.empty()) return nullptr;
  const auto found = queue.kinds.find(std::string{kind});
  return found == queue.kinds.end() ? nullptr : &found->second;
}

void overlay(effective_settings& on, const settings& said) {
  on.max_attempts = said.max_attempts.value_or(on.max_attempts);
  on.lease_s = said.lease_s.value_or(on.lease_s);
  on.backoff = said.backoff.value_or(on.backoff);
  on.jitter_percent = said.jitter_percent.value_or(on.jitter_percent);
}

}  // namespace

effective_settings settings_for(const task_queue& queue, std::string_view kind) {
  effective_settings out;
  overlay(out, queue.values);
  if (const auto* rules = rules_for(queue, kind)) overlay(out, rules->values);
  return out;
}

core::duration_us lease_length(const task_queue& queue, const task& t) {
  return core::seconds(t.lease_s != 0 ? t.lease_s : settings_for(queue, *t.kind).lease_s);
}

bool is_kind_paused(const task_queue& queue, std::string_view kind) {
  const auto* rules = rules_for(queue, kind);
  return rules != nullptr && rules->paused;
}

core::timestamp schedule_horizon(core::timestamp now) {
  return now + core::seconds(delay_s_max);
}

core::failure no_such_task(const core::uuid& id) {
  return core::not_found(fmt::format("there is no task {} here; finished ones are kept for an hour", id.text()));
}

core::failure lease_lost(const core::uuid& lease_id) {
  return {core::failure_kind::conflict, "LEASE_LOST",
          fmt::format("lease {} has ended; somebody else may be working on the task", lease_id.text())};
}

core::failure queue_full(const task_queue& queue) {
  return {core::failure_kind::too_many,
          "QUEUE_FULL",
          fmt::format("no more than {} tasks may wait in this queue", queue.pending_max),
          {},
          queue_full_retry_after_s};
}

core::failure wrong_status(std::string_view code, std::string_view what, const core::uuid& id, task_status status) {
  return {core::failure_kind::conflict, std::string{code},
          fmt::format("task {} is {}: {}", id.text(), core::codec<task_status>::name(status), what)};
}

}  // namespace logline::work
