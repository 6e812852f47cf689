#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "journal/object_store.hpp"
#include "journal/partition_log.hpp"
#include "journal/segment.hpp"

namespace logline::journal {

struct shipping_settings {
  core::partition_id partition;
  std::string site;
  std::uint32_t generation = 1;
  std::vector<site_key> signers;  ///< at least one
  key_history keys;               ///< whom to believe what the place holds
  std::function<core::timestamp()> clock;
};

struct shipped {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< as stored
};

/// Sends a log's new records to another place as signed segments (BAK-03). Where to go on is what the place itself
/// holds, so that nothing is there twice or missing whatever crashed. By one thread.
class shipper {
 public:
  shipper(const partition_log& log, object_store& to, shipping_settings settings)
      : log_(log), to_(to), settings_(std::move(settings)) {}

  /// Sends everything up to the log's head. Errors: chain_broken (the place holds records of this generation that are
  /// not this log's: it is another node's, or this journal was put back without a new generation; nothing is sent);
  /// stopped; those of log and place, after which ship() may be called again.
  result<shipped> ship(const std::stop_token& wanted);

  /// Puts as few segments as hold them in the place of the small ones that were shipped since (all but the last
  /// `keep`), the large before the small go: whatever crashes, every record is there once at least. So that a place
  /// does not fill with an object every few seconds. Errors as ship().
  outcome merge(std::size_t keep, const std::stop_token& wanted);

  /// Durable at the place, as far as known.
  core::gseq position() const { return at_; }
  /// The age of the oldest record that the place does not hold; 0 when there is none.
  result<core::duration_us> behind() const;

 private:
  outcome find_start();
  result<bool> adopt(const segment_name& name);
  result<bool> ship_one(shipped& sum);
  result<segment_name> write_segment(core::gseq first, core::gseq last_max, const core::digest& before,
                                     core::digest& after, std::uint64_t& bytes);
  outcome merge_run(std::span<const segment_name> run, const std::stop_token& wanted);

  const partition_log& log_;
  object_store& to_;
  const shipping_settings settings_;
  bool started_ = false;
  core::gseq at_;
  core::digest chain_;
};

}  // namespace logline::journal
