#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "journal/errc.hpp"
#include "journal/keys.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

class log_store;

struct record_count {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< of canonical records
  friend bool operator==(const record_count&, const record_count&) = default;
};

/// What a log holds (REP-07).
struct journal_stats {
  core::gseq head;
  core::timestamp first_at;
  core::timestamp last_at;
  record_count all;
  std::uint64_t commits = 0;
  std::uint64_t frames = 0;
  std::uint64_t plain_bytes = 0;   ///< of frames, uncompressed
  std::uint64_t stored_bytes = 0;  ///< of frames, as the log family has them
  std::uint64_t checkpoints = 0;
  core::gseq signed_head;  ///< of the newest checkpoint
  std::uint64_t commands_with_key = 0;
  std::map<std::string, std::uint64_t> entities;                       ///< by type
  std::map<std::pair<std::string, std::string>, record_count> events;  ///< by type and event
  std::map<std::string, record_count> tenants;
};

/// Counts everything in one pass. Errors: those of walk_frames, with the position of the damage.
result<journal_stats> collect_stats(const log_store& store, core::partition_id partition);
/// One JSON object, without line ends.
std::string to_json(const journal_stats& stats);

/// What lets a stranger check offline, with the site's public key alone, that a record is in the log:
///   {"origin":…,"gseq":N,"leaf_index":N-1,"record":base64,"leaf":hex,"path":[hex…],"tree_size":M,"root":hex,
///    "checkpoint":text,"verifier_key":text}
/// leaf = SHA-256(0x00 ‖ record); RFC 9162 §2.1.3.2 with leaf, leaf_index, tree_size and path gives root; the
/// checkpoint says tree_size and root, and the verifier key its signature.
///
/// Uses the newest signed head, or the one for the log's head when the log can sign and that one does not cover the
/// record. Errors: not_found where the record is not there, or no signed head covers it (says which is the newest); the
/// log's.
result<std::string> prove_record(partition_log& log, core::gseq position, const site_public_key& key);

/// What lets a stranger check that the newest signed head only adds to an older one of `old_size` records:
///   {"origin":…,"old_size":N,"old_root":hex,"path":[hex…],"tree_size":M,"root":hex,"checkpoint":text,
///    "verifier_key":text}
/// Errors: as above.
result<std::string> prove_consistency(partition_log& log, std::uint64_t old_size, const site_public_key& key);

}  // namespace logline::journal
