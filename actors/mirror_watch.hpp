#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/door.hpp"
#include "journal/partition_log.hpp"

namespace logline::actors {

/// Tells when a mirror stays behind, also one whose target hangs and that tells nothing itself: MIRROR_LAG, once it has
/// lacked a record older than 60 s for a minute (journal MIR-03, §16). One thread at a time; may block on the disk.
class mirror_watch {
 public:
  static constexpr core::duration_us lag_max = core::seconds(60);
  static constexpr core::duration_us patience = core::minutes(1);

  explicit mirror_watch(const journal::partition_log& log) : log_(log) {}

  core::outcome look(const std::vector<mirror_status>& mirrors, core::timestamp now, alerts& to);

 private:
  const journal::partition_log& log_;
  std::map<std::string, core::timestamp> late_since_;
  bool is_raised_ = false;  ///< by this watch
};

}  // namespace logline::actors
