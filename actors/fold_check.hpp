#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/replay.hpp"

/// Whether folds give the same state every time (journal REP-04): the state of an entity from its events alone, against
/// the one that is in use.
namespace logline::actors {

/// Which entities are looked at: one in so many, other ones with each `turn`.
struct fold_sample {
  std::uint64_t one_in = 1;  ///< 1: all
  std::uint64_t turn = 0;
  bool has(const core::address& entity) const;
};

struct fold_finding {
  core::address entity;
  core::eseq sequence;                  ///< how far the two states are
  std::optional<core::eseq> first_bad;  ///< the first event that folds differently each time, where there is one
  core::gseq position;                  ///< of it, or of the last event
  std::string event;
  std::string text() const;  ///< one line; nothing of the state
};

struct fold_report {
  static constexpr std::size_t findings_max = 100;
  std::uint64_t entities = 0;
  std::uint64_t differing = 0;
  std::vector<fold_finding> findings;  ///< the first of them
};

/// The state in use: how far it is, and its hash.
using live_reader = std::function<core::result<entity_view>(const core::address&)>;

/// One after the other, off every path that somebody waits for; `stop` is asked between entities. Failures: those of
/// reading the log or a state; UNKNOWN_SCHEMA.
core::result<fold_report> check_folds(const journal::partition_log& log, const type_finder& types,
                                      const live_reader& live, const fold_sample& sample,
                                      const std::function<bool()>& stop);

/// Raises FOLD_NONDETERMINISM with the first finding; clears it after a clean look at all.
void tell_folds(const fold_report& report, const fold_sample& sample, alerts& to);

}  // namespace logline::actors
