#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/backup.hpp"
#include "journal/object_store.hpp"
#include "journal/segment.hpp"

namespace logline::journal {

/// What a place offers to restore one partition from, as one history: that of a generation and of those before it, each
/// up to where the next one began.
class restore_sources {
 public:
  /// `generation`: nothing for the newest. `base`: the only backup to be looked at, or empty for all; then each
  /// manifest must hold. Errors: not_found (nothing there), those of load_backup() and of the place.
  static result<restore_sources> read(object_store& from, const key_history& keys, core::partition_id partition,
                                      std::optional<std::uint32_t> generation, const std::string& base);

  const std::string& site() const { return site_; }
  std::uint32_t newest_generation() const { return newest_generation_; }
  /// The newest position, and the time up to which nothing is missing, of this history.
  core::gseq last() const { return last_; }
  core::timestamp covered_until() const { return covered_until_; }
  /// How many the newest backup knows of.
  std::uint64_t erasures() const { return erasures_; }

  /// The newest base that `fits`; null when there is none.
  const stored_backup* base_for(const std::function<bool(const manifest_journal&)>& fits) const;
  /// A base whose head is beyond `position`: the first that reaches the point, else the last. Null when there is none.
  const stored_backup* base_beyond(core::gseq position, std::optional<core::gseq> to,
                                   std::optional<core::timestamp> until) const;
  /// Segments that hold the record behind `position`: newest generation first, then those that reach farthest.
  std::vector<segment_name> segments_after(core::gseq position) const;
  /// The last position for which a generation's records are of this history.
  core::gseq limit_of(std::uint32_t generation) const;

 private:
  void find_limits(const std::vector<stored_backup>& backups);

  std::string site_;
  std::uint32_t generation_ = 1;                ///< whose history this is
  std::uint32_t newest_generation_ = 1;         ///< of all there are
  std::vector<stored_backup> bases_;            ///< of this history, by position
  std::vector<segment_name> segments_;          ///< by generation and position
  std::map<std::uint32_t, core::gseq> limits_;  ///< of generations before this one
  core::gseq last_;
  core::timestamp covered_until_;
  std::uint64_t erasures_ = 0;
};

}  // namespace logline::journal
