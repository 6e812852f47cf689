#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/core/envelope.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// One event of a command before it has a position.
struct event_draft {
  core::uuid event_id;
  std::string event;
  std::uint16_t schema = 1;
  std::string payload;  ///< one msgpack map
  std::optional<core::timeline_stamp> timeline;
  core::visibility visibility = core::visibility::tenant;
  std::string owner;
  std::vector<std::string> sealed;  ///< places of the payload's sealed fields, as "/body"
};

/// What one command wants remembered: all of its events or none (JRN-02).
struct append_request {
  core::address entity;
  core::eseq expected;  ///< the entity's last eseq as the caller knows it (JRN-04)
  core::timestamp decided_at;
  core::principal_id principal;
  core::uuid command_id;
  core::uuid correlation_id;
  core::uuid causation_id;
  std::string trace_id;
  std::optional<core::timestamp> wake_at;        ///< stored on the command's last record
  std::optional<core::idempotency> idempotency;  ///< stored on the command's first record
  std::vector<event_draft> events;               ///< at least one

  /// Estimate of the bytes this request occupies in the journal; what admission counts.
  std::size_t weight() const;
};

/// Where a command's events went.
struct appended {
  core::gseq first;
  core::gseq last;
  core::eseq last_sequence;
  core::timestamp at;
};

}  // namespace logline::journal
