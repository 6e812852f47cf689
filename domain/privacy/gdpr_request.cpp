#include "domain/privacy/gdpr_request.hpp"

namespace logline::privacy {

using core::context;
using core::decision;

namespace {

bool is_open(const gdpr_request& state) {
  return !state.subject.empty() && state.status != request_status::done && state.status != request_status::refused;
}

request_now summary(const gdpr_request& state, request_status status, std::int64_t attempts) {
  return {status, state.kind, state.subject, attempts};
}

/// What a command of the worker answers when there is nothing to change; nothing while the request is open.
std::optional<decision> settled(const gdpr_request& state) {
  if (state.subject.empty()) return decision{core::not_found("no such request")};
  if (is_open(state)) return std::nullopt;
  return decision{}.answer(summary(state, state.status, state.attempts));
}

}  // namespace

decision decide(const gdpr_request& state, const ask& command, const context&) {
  if (!state.subject.empty())
    return core::failure{core::failure_kind::conflict, "ALREADY_EXISTS", "this request id is in use"};
  return decision{}.emit(gdpr_requested{command.subject_id, command.kind, command.reason});
}

decision decide(const gdpr_request& state, const start&, const context&) {
  if (auto over = settled(state)) return *std::move(over);
  const auto attempt = state.attempts + 1;
  return decision{}.emit(gdpr_started{attempt}).answer(summary(state, request_status::running, attempt));
}

decision decide(const gdpr_request& state, const finish& command, const context&) {
  if (auto over = settled(state)) return *std::move(over);
  return decision{}
      .emit(gdpr_finished{command.certificate})
      .answer(summary(state, request_status::done, state.attempts));
}

decision decide(const gdpr_request& state, const refuse& command, const context&) {
  if (auto over = settled(state)) return *std::move(over);
  return decision{}
      .emit(gdpr_refused{command.code, command.message})
      .answer(summary(state, request_status::refused, state.attempts));
}

decision decide(const gdpr_request& state, const note_failure& command, const context&) {
  if (auto over = settled(state)) return *std::move(over);
  return decision{}.emit(gdpr_failed{command.error}).answer(summary(state, request_status::error, state.attempts));
}

decision decide(const gdpr_request& state, const core::woken&, const context& ctx) {
  const auto due = next_wake(state);
  if (!due || *due > ctx.now) return {};
  return decision{}.emit(gdpr_overdue{state.overdue});
}

decision answer(const gdpr_request& state, const read_certificate&, const context&) {
  if (!state.certificate) return core::not_found("there is no certificate: the request is not done");
  return decision{}.answer(*state.certificate);
}

void evolve(gdpr_request& state, const gdpr_requested& event, const core::record_meta& meta) {
  state.subject = event.subject;
  state.kind = event.kind;
  state.requested_at = meta.decided_at;
}
void evolve(gdpr_request& state, const gdpr_started& event) {
  state.status = request_status::running;
  state.attempts = event.attempt;
}
void evolve(gdpr_request& state, const gdpr_finished& event, const core::record_meta& meta) {
  state.status = request_status::done;
  state.certificate = event.certificate;
  state.completed_at = meta.decided_at;
  state.error.reset();
}
void evolve(gdpr_request& state, const gdpr_refused& event, const core::record_meta& meta) {
  state.status = request_status::refused;
  state.code = event.code;
  state.error = event.message;
  state.completed_at = meta.decided_at;
}
void evolve(gdpr_request& state, const gdpr_failed& event) {
  state.status = request_status::error;
  state.error = event.error;
}
void evolve(gdpr_request& state, const gdpr_overdue& event) {
  state.overdue = true;
  state.missed = event.missed;
}

std::optional<core::timestamp> next_wake(const gdpr_request& state) {
  if (!is_open(state) || state.missed) return std::nullopt;
  return state.requested_at + (state.overdue ? missed_after : overdue_after);
}

const core::entity_type& gdpr_request_type() {
  static const core::typed_entity<gdpr_request_definition> type;
  return type;
}

}  // namespace logline::privacy
