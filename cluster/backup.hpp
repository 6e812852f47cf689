#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/door.hpp"
#include "actors/duty.hpp"
#include "cluster/config.hpp"
#include "domain/core/result.hpp"
#include "journal/partition_log.hpp"

namespace logline::cluster {

/// Backups of a running node (journal §9): the daily one with its copy off-site and pruning after it, the weekly probe,
/// shipping every few seconds, and what is asked for over HTTP.
class backup_desk {
 public:
  /// `log` outlives the duties; `erasures` says how many there are in the shred ledger. Errors: key_missing
  /// (backup.offsite_key, or one that lies in the data directory), those of opening the places.
  static journal::result<std::shared_ptr<backup_desk>> open(const node_config& config,
                                                            const journal::partition_log& log,
                                                            std::shared_ptr<actors::alerts> alerts,
                                                            std::function<std::uint64_t()> erasures);
  virtual ~backup_desk() = default;

  virtual std::vector<std::shared_ptr<const actors::duty>> duties() = 0;
  virtual std::vector<actors::door::figure> figures() const = 0;

  /// "backup", "probe" or "prune" is begun within a second or so, off the caller's thread; what came of it stands in
  /// report(). CONFLICT while another one waits, INVALID_INPUT for a label that is none. Any thread.
  virtual core::outcome order(const std::string& job, const std::string& label) = 0;
  /// The backups there are and the last jobs, as one JSON object. Blocks on the place. Any thread.
  virtual core::result<std::string> report() = 0;
};

}  // namespace logline::cluster
