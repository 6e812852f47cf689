#include "domain/archive/archive.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace logline::archive {

using core::context;
using core::decision;

namespace {

archived_range* find(partition_archive& state, core::gseq first) {
  const auto found = std::find_if(state.ranges.begin(), state.ranges.end(),
                                  [&](const archived_range& range) { return range.first_gseq == first; });
  return found == state.ranges.end() ? nullptr : &*found;
}

}  // namespace

decision decide(const partition_archive& state, const request_run& command, const context& ctx) {
  if (command.to_gseq && *command.to_gseq <= state.archived_to) return {};
  if (state.wanted && state.wanted->to_gseq == command.to_gseq) return {};
  return decision{}.emit(archive_requested{command.to_gseq, command.reason, ctx.principal.value});
}

decision decide(const partition_archive& state, const record_unit& command, const context&) {
  if (command.last_gseq <= state.archived_to) return {};
  if (command.first_gseq != core::next(state.archived_to) || command.last_gseq < command.first_gseq)
    return core::conflict(fmt::format("the next range begins at gseq {}", core::next(state.archived_to).value));
  return decision{}.emit(range_archived{command.first_gseq, command.last_gseq, command.hash, command.shards,
                                        command.bytes, command.place});
}

decision decide(const partition_archive& state, const finish_run&, const context&) {
  if (!state.wanted && !state.failure) return {};
  return decision{}.emit(archive_finished{});
}

decision decide(const partition_archive& state, const fail_run& command, const context&) {
  if (!state.wanted && state.failure == command.why) return {};
  return decision{}.emit(archive_failed{command.why});
}

decision decide(const partition_archive& state, const record_check& command, const context&) {
  const bool known = std::any_of(state.ranges.begin(), state.ranges.end(),
                                 [&](const archived_range& range) { return range.first_gseq == command.first_gseq; });
  if (!known) return core::not_found("no archived range begins there");
  if (command.damage) return decision{}.emit(unit_damaged{command.first_gseq, *command.damage});
  return decision{}.emit(unit_checked{command.first_gseq});
}

void evolve(partition_archive& state, const archive_requested& event, const core::record_meta& meta) {
  state.wanted = wanted_run{event.to_gseq, meta.decided_at};
}

void evolve(partition_archive& state, const range_archived& event, const core::record_meta& meta) {
  state.ranges.push_back({event.first_gseq, event.last_gseq, event.hash, event.shards, event.bytes, event.place,
                          meta.decided_at, meta.decided_at, std::nullopt});
  state.archived_to = event.last_gseq;
}

void evolve(partition_archive& state, const archive_finished&) {
  state.wanted.reset();
  state.failure.reset();
}

void evolve(partition_archive& state, const archive_failed& event) {
  state.wanted.reset();
  state.failure = event.why;
}

void evolve(partition_archive& state, const unit_checked& event, const core::record_meta& meta) {
  if (auto* range = find(state, event.first_gseq)) {
    range->checked = meta.decided_at;
    range->damage.reset();
  }
}

void evolve(partition_archive& state, const unit_damaged& event, const core::record_meta& meta) {
  if (auto* range = find(state, event.first_gseq)) {
    range->checked = meta.decided_at;
    range->damage = event.damage;
  }
}

const archived_range* check_due(const partition_archive& state, core::timestamp now) {
  constexpr std::size_t months_for_all = 20;
  constexpr std::size_t month_size = 7;  // of "2026-03"
  const auto month = core::to_rfc3339(now).substr(0, month_size);
  const archived_range* oldest = nullptr;
  std::size_t checked = 0;
  std::size_t older = 0;  // than this month
  for (const auto& range : state.ranges) {
    const bool new_this_month = core::to_rfc3339(range.archived).substr(0, month_size) == month;
    const bool this_month = core::to_rfc3339(range.checked).substr(0, month_size) == month;
    if (!new_this_month) ++older;
    if (this_month && !new_this_month) ++checked;
    if (!this_month && (oldest == nullptr || range.checked < oldest->checked)) oldest = &range;
  }
  return checked < (older + months_for_all - 1) / months_for_all ? oldest : nullptr;
}

const core::entity_type& archive_type() {
  static const core::typed_entity<archive_definition> type;
  return type;
}

}  // namespace logline::archive
