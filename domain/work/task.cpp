#include "domain/work/task.hpp"

#include "domain/core/digest.hpp"

namespace logline::work {

core::uuid unique_mark(std::string_view unique_key) {
  return core::uuid::from(core::sha256(unique_key).view().substr(0, 16));
}

std::optional<std::string> subject_of(const task& t) {
  if (t.subject.is_nil()) return std::nullopt;
  return core::pseudonym_text(t.subject);
}

task_row row_of(const core::uuid& id, const task& t) {
  task_row row;
  row.id = id;
  row.kind = *t.kind;
  row.status = t.status();
  row.run_at = t.run_at;
  row.attempts = t.attempts;
  row.max_attempts = t.max_attempts;
  row.priority = t.priority;
  row.created_at = t.created_at;
  row.updated_at = t.updated_at;
  row.enqueued = t.enqueued;
  row.payload_bytes = t.payload_bytes;
  if (t.last_failure.value != 0) row.last_failure = t.last_failure;
  if (t.first_failed_at.us != 0) row.first_failed_at = t.first_failed_at;
  if (t.expires_at != core::never) row.expires_at = t.expires_at;
  if (!t.unique.is_nil()) row.unique = t.unique;
  if (t.lease_s != 0) row.lease_s = t.lease_s;
  if (t.retries != 0) row.retries = t.retries;
  row.backoff = t.backoff;
  if (const auto* leased = std::get_if<running>(&t.now)) row.lease_id = leased->lease_id;
  if (const auto* completed = std::get_if<done>(&t.now)) row.lease_id = completed->lease_id;
  row.subject = subject_of(t);
  return row;
}

namespace {

situation situation_of(const task_row& row) {
  switch (row.status) {
    case task_status::pending:
      return pending{};
    case task_status::running:
      return running{row.lease_id.value_or(core::uuid{})};
    case task_status::done:
      return done{row.lease_id.value_or(core::uuid{})};
    case task_status::error:
      return dead{};
    case task_status::cancelled:
      return cancelled{};
  }
  LL_INVARIANT(false, "task status {} is not known", static_cast<int>(row.status));
}

}  // namespace

task task_of(const task_row& row) {
  task t;
  t.enqueued = row.enqueued;
  t.last_failure = row.last_failure.value_or(core::eseq{});
  t.created_at = row.created_at;
  t.updated_at = row.updated_at;
  t.run_at = row.run_at;
  t.expires_at = row.expires_at.value_or(core::never);
  t.first_failed_at = row.first_failed_at.value_or(core::timestamp{});
  t.kind = &row.kind;
  t.unique = row.unique.value_or(core::uuid{});
  t.payload_bytes = static_cast<std::uint32_t>(row.payload_bytes);
  t.lease_s = static_cast<std::uint32_t>(row.lease_s.value_or(0));
  t.retries = static_cast<std::uint16_t>(row.retries.value_or(0));
  t.attempts = static_cast<std::uint8_t>(row.attempts);
  t.max_attempts = static_cast<std::uint8_t>(row.max_attempts);
  t.priority = static_cast<std::uint8_t>(row.priority);
  t.backoff = row.backoff;
  if (row.subject) t.subject = core::parse_pseudonym(*row.subject).value_or(core::uuid{});
  t.now = situation_of(row);
  return t;
}

}  // namespace logline::work
