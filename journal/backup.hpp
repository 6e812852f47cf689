#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "journal/log_store.hpp"
#include "journal/manifest.hpp"
#include "journal/object_store.hpp"
#include "journal/partition_log.hpp"
#include "journal/signing.hpp"

namespace logline::journal {

// A place of backups (docs/formats/backup.md):
//
//   files/<aa>/<sha256>                       contents, each kept once, whichever backups list it
//   logline-YYYY-MM-DD[-label]/               one backup: backup_manifest.json and its .sig; it exists once both do,
//     …/pending                               is being written,
//     …/verified                              was restored by a probe
//   segments/…                                records shipped since (segment.hpp)

/// "logline-2026-11-20", with "-label" behind it where there is one.
std::string backup_name(core::timestamp at, std::string_view label);
/// 1 to 32 characters of a-z 0-9 _ -
bool is_backup_label(std::string_view label);

/// Makes a frozen journal in a directory, as partition_log::freeze() does.
using freezer = std::function<result<std::vector<frozen_table>>(const std::filesystem::path& directory)>;

/// Freezes what a stopped node left; nobody else may have the directory open meanwhile. Errors: not_found (no journal
/// there), store_locked, store_failed.
freezer freeze_stopped(const std::filesystem::path& journal, core::partition_id partition);

struct backup_request {
  freezer freeze;
  std::filesystem::path scratch;  ///< on the journal's disk; made, and removed again
  core::partition_id partition;
  std::string site;
  std::uint32_t generation = 1;
  std::string label = {};
  std::map<std::string, std::string> files = {};  ///< path → content to keep beside the journal: the configuration
  std::map<std::string, std::string> versions = {};
  std::map<std::string, std::uint64_t> schemas = {};
  std::uint64_t erasures = 0;                   ///< in the shred ledger
  std::span<const site_key> signers;            ///< at least one
  const key_history& keys;                      ///< what an existing backup of the day may be signed by
  std::uint64_t bytes_per_second = 0;           ///< BAK-10; 0: as fast as it goes
  std::function<core::timestamp()> clock = {};  ///< must be set
  std::stop_token wanted = {};
};

struct backup_report {
  std::string name;
  bool existed = false;  ///< the day's backup was there already: nothing was done (BAK-01)
  manifest content;
  std::uint64_t bytes = 0;      ///< of all files
  std::uint64_t new_bytes = 0;  ///< of those that the place did not hold yet
};

/// Backs up a partition that is open and may be written to (BAK-01, BAK-02, BAK-10): flushes, freezes its files, stores
/// those that are new, then the signed manifest. Cut off anywhere it leaves no backup. Errors: stopped (not wanted any
/// more), store_corrupt (what was frozen does not open clean, or a table is not what RocksDB wrote), bad_encoding (no
/// label), those of the store.
result<backup_report> make_backup(object_store& to, const backup_request& request);

struct stored_backup {
  std::string name;
  manifest content;
  verified_signature by;
};
/// Names of what is there, in order; also of such whose manifest turns out to be damaged.
result<std::vector<std::string>> backup_names(object_store& from);
/// A backup whose signature holds. Errors: not_found (no manifest), bad_signature, key_missing, checksum_mismatch …
/// each naming the backup.
result<stored_backup> load_backup(object_store& from, const std::string& name, const key_history& keys);

using byte_progress = std::function<void(std::uint64_t bytes, std::uint64_t total)>;

/// Writes a backup's files into `target`, which exists, each compared with its digest. `wanted` chooses by path; empty:
/// all. Errors: not_found and checksum_mismatch name the file, expected and found (BAK-15).
outcome fetch_files(object_store& from, const manifest& content, const std::filesystem::path& target,
                    const std::function<bool(std::string_view path)>& wanted, const byte_progress& progress);

/// Reads every file of a backup; what is missing or changed. `scratch` is made, and removed again. Errors: those of the
/// store.
result<std::vector<tree_difference>> check_files_of(object_store& from, const manifest& content,
                                                    const std::filesystem::path& scratch,
                                                    const byte_progress& progress);

/// Copies a backup with all its contents from one place to another, contents first, manifest last (BAK-03, BAK-07).
/// What the other place holds already is not sent again. Answers the bytes sent.
result<std::uint64_t> copy_backup(object_store& from, object_store& to, const stored_backup& which,
                                  const std::filesystem::path& scratch, const std::stop_token& wanted);

// Names within a place.
std::string content_name(const core::digest& sha256);
std::string manifest_name(std::string_view backup);
std::string signature_name(std::string_view backup);
std::string pending_name(std::string_view backup);
std::string verified_name(std::string_view backup);

inline constexpr std::string_view contents_prefix = "files/";
inline constexpr std::string_view backups_prefix = "logline-";

}  // namespace logline::journal
