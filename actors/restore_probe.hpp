#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "actors/replay.hpp"
#include "journal/object_store.hpp"
#include "journal/partition_log.hpp"

namespace logline::actors {

struct restore_probe {
  journal::object_store& place;
  std::string name;               ///< which backup; empty: the newest
  std::filesystem::path keys;     ///< whose signatures count
  std::filesystem::path scratch;  ///< for the restored copy: made, and removed again whatever happens
  type_finder types;
  const journal::partition_log* live = nullptr;  ///< to compare states with; may be null
  std::function<core::timestamp()> clock;
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress = {};
};

struct probe_report {
  std::string name;
  journal::log_head head;
  std::uint64_t entities = 0;  ///< there are
  std::uint64_t sampled = 0;   ///< 1 in 100 and at least some: folded from the copy, hash compared
};

/// Shows that a backup can be restored (BAK-05): restores it to a scratch directory, which checks every file, the whole
/// chain, head and Merkle root against the manifest; opens the copy for writing, as a node would; folds a sample of its
/// entities and compares each state's hash with the live journal's at the same position. A backup that passes is marked
/// verified. Errors: what was wrong, by its kind; index_mismatch for a state that differs.
journal::result<probe_report> probe_backup(const restore_probe& probe);

}  // namespace logline::actors
