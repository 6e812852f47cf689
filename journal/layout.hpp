#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/address.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"

namespace logline::journal {

// Where things are in a store. docs/formats/journal.md §4 describes every family's rows.

/// A family of rows that sort and are rebuilt together: a RocksDB column family.
enum class family : std::uint8_t {
  log,          ///< frames; the truth
  entity,       ///< which frames hold an entity's records; in the commit's own batch
  meta,         ///< format, partition, site
  checkpoints,  ///< signed heads
  cursors,      ///< positions of reactors
  dedupe,       ///< idempotency keys of the last days; this and the following are written without WAL
  wakes,        ///< armed wake-ups
  tree,         ///< Merkle nodes of level 8 and above
  snapshots,    ///< cached folds
  views,        ///< projections
};
inline constexpr std::array families{family::log,    family::entity, family::meta, family::checkpoints, family::cursors,
                                     family::dedupe, family::wakes,  family::tree, family::snapshots,   family::views};
std::string_view to_string(family f);
/// Families that the log itself keeps up to date from its records, each with a cursor row of its own.
inline constexpr std::array derived_families{family::dedupe, family::wakes, family::tree};

/// partition u16 ‖ gseq u64, both big-endian.
std::string log_key(core::partition_id partition, core::gseq first);
/// Nothing when it is not a log key of this partition.
std::optional<core::gseq> parse_log_key(core::partition_id partition, std::string_view key);

/// tenant \0 type \0 key \0. No address holds a \0, so no entity's prefix is a prefix of another's.
std::string entity_prefix(const core::address& entity);
void append_entity_prefix(std::string_view tenant, std::string_view type, std::string_view key, std::string& out);
/// Of a prefix or of a key that starts with one; nothing when it is malformed.
std::optional<core::address> parse_entity_prefix(std::string_view key);
/// entity prefix ‖ gseq of the frame's first record, big-endian.
std::string entity_key(std::string_view prefix, core::gseq frame_first);

/// What an entity row says: which of a frame's records are the entity's.
struct entity_row {
  core::eseq first;                      ///< eseq of the first of them; the others follow without gap
  std::vector<std::uint32_t> positions;  ///< ascending, 0 = the frame's first record
};
std::string encode_entity_row(const entity_row& row);
void append_entity_row(const entity_row& row, std::string& out);
/// Nothing when malformed.
std::optional<entity_row> parse_entity_row(std::string_view value);

/// Day number of the commit time (big-endian u32) ‖ first 16 bytes of SHA-256(address ‖ \0 ‖ key).
std::string dedupe_key(std::uint32_t day, const core::address& entity, std::string_view idempotency_key);
std::string dedupe_day_key(std::uint32_t day);
std::uint32_t day_of(core::timestamp t);
/// Rows are kept of the last days that have any, this many: never less than 48 hours (ENG-03 asks for 24), and after a
/// node was down for long still the days before that, for whoever goes on with what it had begun then.
inline constexpr std::uint32_t dedupe_days = 3;

/// level u8 ‖ index u64 big-endian.
std::string tree_key(unsigned level, std::uint64_t index);
/// Merkle nodes below this level are recomputed from the records: storing them would double the rows for a few
/// microseconds.
inline constexpr unsigned tree_level_min = 8;

/// A derived family's own position: every record up to it is in the family. No other row has this key.
std::string_view cursor_key();

/// Rows of one view: name \0 r key; its cursor: name \0 c.
std::string view_row_key(std::string_view view, std::string_view key);
std::string view_cursor_key(std::string_view view);
std::string view_begin(std::string_view view);
std::string view_end(std::string_view view);

std::string encode_position(std::uint64_t position);
/// Nothing unless it has exactly 8 bytes.
std::optional<std::uint64_t> parse_position(std::string_view value);

}  // namespace logline::journal
