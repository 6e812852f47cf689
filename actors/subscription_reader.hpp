#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "domain/core/address.hpp"
#include "domain/core/result.hpp"
#include "domain/messaging/commands.hpp"
#include "domain/messaging/replies.hpp"
#include "journal/partition_log.hpp"

/// Reading the log for a subscription: the part of it that an entity, being pure, cannot do.
namespace logline::actors {

/// The position behind which the plan begins. NOT_FOUND when the subscription's own record is not in the log.
core::result<core::gseq> start_of(const journal::partition_log& log, const core::address& subscription,
                                  const messaging::reading_plan& plan);

/// What lies behind a position.
struct found_events {
  std::vector<messaging::found_event> events;
  core::gseq to;             ///< everything up to here has been looked at
  bool at_head = false;      ///< there was nothing more
  bool touches_own = false;  ///< the subscription itself changed on the way
  core::timestamp first_at;  ///< commit time of the first event
  std::uint64_t records_looked_at = 0;
};

/// Where a read stops, at the latest.
struct reading_bounds {
  std::size_t events = 100;
  std::uint64_t bytes = messaging::pull_bytes_max;  ///< of payloads
  std::uint64_t records = 65'536;
};

/// What the filter lets through of the records behind `from`.
core::result<found_events> read_matching(const journal::partition_log& log, const core::address& subscription,
                                         const messaging::event_filter& filter, core::gseq from,
                                         const reading_bounds& bounds);

}  // namespace logline::actors
