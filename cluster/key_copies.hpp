#pragma once

#include <memory>

#include "actors/alerts.hpp"
#include "actors/duty.hpp"
#include "cluster/config.hpp"
#include "journal/key_store.hpp"

namespace logline::cluster {

/// Copies the key store to privacy.key_copies when the newest copy is older than privacy.key_copy_s, and removes copies
/// older than privacy.key_copy_days (GDP-06). Null where no place is named. A run that fails raises BACKUP_FAIL until
/// one succeeds.
std::shared_ptr<const actors::duty> make_key_copies(const node_config& config, const journal::key_store& keys,
                                                    std::shared_ptr<actors::alerts> alerts);

}  // namespace logline::cluster
