#include "domain/privacy/subject_key.hpp"

#include <algorithm>

namespace logline::privacy {

using core::context;
using core::decision;

namespace {

bool is_noted(const subject_key& state, const core::uuid& key) {
  return std::any_of(state.shreds.begin(), state.shreds.end(), [&](const shred_note& note) {
    return std::find(note.keys.begin(), note.keys.end(), key) != note.keys.end();
  });
}

}  // namespace

decision decide(const subject_key& state, const hold& command, const context&) {
  if (state.held) return {};
  return decision{}.emit(subject_held{command.reason});
}

decision decide(const subject_key& state, const release& command, const context&) {
  if (!state.held) return {};
  return decision{}.emit(subject_released{command.reason});
}

decision decide(const subject_key& state, const shred& command, const context&) {
  if (state.held)
    return core::failure{core::failure_kind::conflict, "LEGAL_HOLD", "a legal hold forbids erasing this person's data"};
  shred_reply reply;
  for (const auto& note : state.shreds)
    if (note.request == command.request) reply.keys.insert(reply.keys.end(), note.keys.begin(), note.keys.end());
  std::vector<core::uuid> fresh;
  for (const auto& key : command.keys)
    if (!is_noted(state, key)) fresh.push_back(key);
  reply.keys.insert(reply.keys.end(), fresh.begin(), fresh.end());
  if (!state.shreds.empty())
    reply.first_request = state.shreds.front().request;
  else if (!fresh.empty())
    reply.first_request = command.request;
  decision out;
  out.answer(reply);
  if (!fresh.empty()) out.emit(subject_key_shredded{std::move(fresh), command.request});
  return out;
}

void evolve(subject_key& state, const subject_held& event) {
  state.held = event.reason;
}
void evolve(subject_key& state, const subject_released&) {
  state.held.reset();
}
void evolve(subject_key& state, const subject_key_shredded& event, const core::record_meta& meta) {
  state.shreds.push_back({event.keys, event.request, meta.decided_at});
}

const core::entity_type& subject_key_type() {
  static const core::typed_entity<subject_key_definition> type;
  return type;
}

}  // namespace logline::privacy
