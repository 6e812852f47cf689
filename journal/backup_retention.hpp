#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"
#include "journal/object_store.hpp"
#include "journal/signing.hpp"

namespace logline::journal {

/// BAK-04.
struct retention_policy {
  std::uint32_t days = 30;    ///< every backup this young stays, and with it every point in time since
  std::uint32_t months = 12;  ///< of each of the last so many calendar months (UTC) the first backup stays
};

/// What the rule knows of a backup.
struct kept_backup {
  std::string name;
  core::timestamp at;
  bool verified = false;  ///< a probe restored it
  bool labelled = false;  ///< made by hand: stays as long as the daily ones, and stands for no month
  friend bool operator==(const kept_backup&, const kept_backup&) = default;
};

/// Names of the backups that may go. Pure. Never the newest, never the newest verified, never the newest of those
/// before the last `days` (from which any point since then is restored); none while nothing is verified, or while the
/// last backup or probe failed (`healthy` is false).
std::vector<std::string> backups_to_remove(std::span<const kept_backup> all, const retention_policy& policy,
                                           core::timestamp now, bool healthy);

/// status.json at a place: how the last attempts went, for whoever prunes.
struct backup_status {
  std::optional<core::timestamp> backup_at = {};  ///< of the last attempt
  bool backup_ok = true;
  std::optional<core::timestamp> probe_at = {};
  bool probe_ok = true;
  bool healthy() const { return backup_ok && probe_ok; }
  friend bool operator==(const backup_status&, const backup_status&) = default;
};
/// One that says nothing where there is none.
result<backup_status> read_backup_status(object_store& from);
outcome note_backup(object_store& at, core::timestamp now, bool ok);
outcome note_probe(object_store& at, core::timestamp now, bool ok);

struct prune_report {
  std::vector<std::string> backups;  ///< removed
  std::uint64_t contents = 0;        ///< removed, because no backup lists them any more
  std::uint64_t segments = 0;        ///< removed: all their records are before the oldest point that is kept
  std::string held_back;             ///< why nothing was removed; empty where the rule was applied
};

/// Applies the rule to a place. Manifests go first, what they alone listed after them: cut off anywhere, what is left
/// is whole. Removes nothing while a backup is being written (then says so). Errors: a manifest that does not hold
/// (then nothing is removed either); those of the place.
result<prune_report> prune_backups(object_store& place, const key_history& keys, core::partition_id partition,
                                   const retention_policy& policy, core::timestamp now);

}  // namespace logline::journal
