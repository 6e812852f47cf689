#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/digest.hpp"
#include "domain/core/envelope.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// JRN-12: canonical bytes of one record.
inline constexpr std::size_t record_bytes_max = std::size_t{1} << 20;

/// A record's fields as they lie in its canonical bytes (docs/formats/journal.md §2): nothing is copied. Views live as
/// long as the bytes they were read from; inside a visitor, until it returns.
struct record_view {
  core::partition_id partition;
  core::gseq position;
  std::string_view tenant;
  std::string_view type;
  std::string_view key;
  core::eseq sequence;
  std::string_view event_id;  ///< this and the other ids: 16 bytes
  std::string_view event;
  std::uint16_t schema = 1;
  core::timestamp at;
  core::timestamp decided_at;
  std::string_view site;
  std::uint32_t generation = 1;
  core::owner_epoch epoch{1};
  std::string_view principal;
  std::string_view command_id;
  std::string_view correlation_id;
  std::string_view causation_id;  ///< all zero where there is none
  std::string_view trace_id;
  std::optional<core::timestamp> wake_at;
  bool has_idempotency = false;
  std::string_view idempotency_key;
  std::string_view idempotency_request;  ///< 32 bytes when has_idempotency
  std::string_view idempotency_reply;
  std::string_view timeline;  ///< msgpack [stream, site, n, lamport, {site: n}], or empty
  core::visibility visibility = core::visibility::tenant;
  std::string_view owner;
  std::string_view sealed;   ///< msgpack [path …], or empty
  std::string_view payload;  ///< one msgpack map

  std::string_view bytes;  ///< the whole canonical record; empty in a view that was not read from one

  bool belongs_to(const core::address& entity) const {
    return key == entity.key && type == entity.type && tenant == entity.tenant;
  }
};

/// The views of a record's own fields. `timeline` and `sealed` stay empty: they need packing, see encode_record.
record_view view_of(const core::record& r);

/// Appends the canonical bytes: one msgpack array of positional elements, always the same for the same fields.
void encode_record(const record_view& r, std::string& out);
std::string encode_record(const core::record& r);

/// msgpack of the elements a record_view carries ready-made.
std::string encode_timeline(const core::timeline_stamp& stamp);
std::string encode_sealed(const std::vector<std::string>& paths);

/// Reads canonical bytes of this or a later format version: later versions only append elements, which are passed over.
/// Errors: bad_encoding. Accepts foreign bytes; allocates nothing.
outcome read_record(std::string_view bytes, record_view& out);

/// Copies a view into an owned record, reusing its buffers. Errors: bad_encoding (timeline or sealed).
outcome copy_record(const record_view& from, core::record& to);

/// read_record and copy_record in one step.
result<core::record> decode_record(std::string_view bytes);

/// The hash chain: SHA-256(hash of the record before ‖ leaf), 32 zero bytes before the first (journal §1).
core::digest chain_hash(const core::digest& before, const core::digest& leaf);

}  // namespace logline::journal
