#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/function_ref.hpp"
#include "journal/backup.hpp"
#include "journal/object_store.hpp"
#include "journal/partition_log.hpp"
#include "journal/record_line.hpp"
#include "journal/restored_keys.hpp"

namespace logline::journal {

/// Hands over records from a copy of the log, in order, until `visit` answers false; `place` says where one stands.
using tail_source =
    std::function<outcome(core::function_ref<bool(parsed_line&& line, const std::string& place)> visit)>;

struct restore_request {
  object_store& from;
  std::filesystem::path target;                  ///< the data directory to be: missing, or empty
  std::filesystem::path keys;                    ///< whose signatures count; copied into the target
  std::optional<core::gseq> to_position = {};    ///< the last record to be there …
  std::optional<core::timestamp> to_time = {};   ///< … or the last one committed until then; neither: all there is
  std::optional<std::uint32_t> generation = {};  ///< whose history, where there are several; else the newest
  std::string base = {};                         ///< the backup to begin from; empty: the newest that fits
  tail_source tail = {};                         ///< what follows the last segment: a mirror that is ahead (BAK-14)
  bool inspection = false;                       ///< the copy is to be read only (BAK-12)
  core::partition_id partition = {};
  std::function<core::timestamp()> clock = {};  ///< must be set
  /// The subjects' keys and the shred ledger: what an older backup must not bring back is taken out before the copy
  /// stands (BAK-13). Nothing: the copy is for looking at the journal alone.
  std::optional<key_sources> subjects = {};
  /// `what` is a phase: "files", "records", "verify".
  std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)> progress = {};
};

struct restore_report {
  std::string base;  ///< empty where records were written from the first on
  core::gseq base_position;
  std::uint64_t segments = 0;      ///< from which records were taken
  std::uint64_t records = 0;       ///< written behind the base
  std::uint64_t tail_records = 0;  ///< of these, from the mirror
  log_head head;                   ///< reached
  std::uint32_t generation = 2;    ///< as which the copy goes on
};

/// Puts a data directory back from backups and shipped segments (BAK-11 … BAK-15, PITR): the newest base not beyond the
/// point, then shipped records up to the very one; where none were shipped, the records of a later base. Everything is
/// checked on the way, and the whole once more at the end; only then does the directory get its name. It goes on as a
/// new generation.
///
/// Errors: conflict "REFUSED_NOT_EMPTY: …" (target not empty); not_found "RANGE_UNAVAILABLE: …" with the range there is
/// (the point lies outside), not_found (there is nothing to restore from); damage, as the code of its kind, naming the
/// file, what was expected and what was found; key_missing. No partial directory is left under the target's name.
result<restore_report> restore(const restore_request& request);

}  // namespace logline::journal
