#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/address.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "domain/core/uuid.hpp"

namespace logline::core {

enum class visibility : std::uint8_t { private_ = 0, tenant = 1, public_ = 2 };

/// Identity of a timeline event across sites: the n-th event that `site` ("site.generation") added to its stream
/// (engine TLN-01, TLN-02).
struct dot {
  std::string site;
  std::uint64_t n = 0;
  friend auto operator<=>(const dot&, const dot&) = default;
};

/// The clocks of a timeline event (engine §7).
struct timeline_stamp {
  std::string stream;
  core::dot dot;
  std::uint64_t lamport = 0;
  std::map<std::string, std::uint64_t> vector_clock;
  friend bool operator==(const timeline_stamp&, const timeline_stamp&) = default;
};

/// What lets a repeated command find its first answer (engine ENG-03, gateway IDE-2).
struct idempotency {
  std::string key;    ///< as the caller chose it, 1 to 255 visible ASCII characters
  digest request;     ///< of the request as received
  std::string reply;  ///< the answer, one msgpack value
  friend bool operator==(const idempotency&, const idempotency&) = default;
};

/// Everything known about one event (journal §1). Text and blobs are owned; see journal/record.hpp for the bytes.
struct record {
  partition_id partition;
  gseq position;
  address entity;
  eseq sequence;

  uuid event_id;
  std::string event;         ///< name of the event type
  std::uint16_t schema = 1;  ///< version of its shape
  timestamp at;              ///< commit time, non-decreasing with the position
  timestamp decided_at;      ///< the `now` that decide saw; folds use this one

  std::string site;
  std::uint32_t generation = 1;
  owner_epoch epoch{1};

  principal_id principal;
  uuid command_id;
  uuid correlation_id;
  uuid causation_id;     ///< nil where nothing inside the system caused the command
  std::string trace_id;  ///< W3C trace id in hex, or empty

  /// The entity's next wake-up after this record: nothing = unchanged, zero = none any more.
  std::optional<timestamp> wake_at;
  std::optional<core::idempotency> idempotency;  ///< on the first record of a command that carried a key
  std::optional<timeline_stamp> timeline;
  core::visibility visibility = core::visibility::tenant;
  std::string owner;
  std::vector<std::string> sealed;  ///< places of sealed personal fields, as "/body"

  std::string payload;  ///< the event's fields, one msgpack map
};

}  // namespace logline::core
