#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "domain/core/function_ref.hpp"
#include "journal/mirror_target.hpp"
#include "journal/partition_log.hpp"
#include "journal/record_archive.hpp"
#include "journal/record_line.hpp"

namespace logline::cli {

/// Where a copy's record stands, in words: "audit-2026-11-20-0.ndjson line 17".
using copy_visitor = core::function_ref<bool(journal::parsed_line&& line, const std::string& place)>;

/// Reads the records that an NDJSON mirror keeps in `directory`, in order, each proven by signature and chain with the
/// keys in `keys`. The mirror is another adapter: the program that knows both hands this in. Errors name file and line.
using copy_reader = std::function<journal::outcome(const std::filesystem::path& directory,
                                                   const std::filesystem::path& keys, copy_visitor visit)>;

/// An NDJSON copy that is to be made.
struct copy_plan {
  std::filesystem::path directory;  ///< empty, or not there
  std::filesystem::path keys;       ///< whose keys sign it
  std::string site;
  core::partition_id partition;
  journal::mirror_position begin;  ///< the copy's first record follows this one
};
/// Makes the directory's writer; its rest() seals what is open. Errors: key_missing, store_failed.
using copy_maker = std::function<journal::result<std::unique_ptr<journal::mirror_target>>(const copy_plan& plan)>;

/// A database that holds a mirror.
struct database {
  std::string url;  ///< without a password; empty: none was named
  std::string password_file;
  std::string schema = "ledger";
};

/// What comparing a copy with the journal found.
struct copy_report {
  struct difference {
    core::gseq first;
    core::gseq last;
    std::string what;
  };
  std::uint64_t records = 0;
  core::gseq first;
  core::gseq last;
  std::uint64_t ranges = 0;
  std::vector<difference> differs;  ///< every range that does
};

/// What the PostgreSQL mirror's adapter can do for the command line; handed in like copy_reader.
struct database_tools {
  std::function<journal::outcome(const database& from, core::partition_id partition, copy_visitor visit)> read;
  std::function<journal::result<copy_report>(const journal::partition_log& log, const database& with,
                                             core::function_ref<void(core::gseq)> show)>
      compare;
  /// Makes the mirror anew beside the one that is there and gives it the name (MIR-06); the old one's new name, or
  /// empty.
  std::function<journal::result<std::string>(const journal::partition_log& log, const database& in,
                                             core::function_ref<void(core::gseq)> show)>
      rebuild;
  /// Brings the schema up; lines that say what was done.
  std::function<journal::result<std::vector<std::string>>(const database& to)> migrate;
};

/// Opens the archive at that place for reading; `site` may be empty where the place holds one log. Errors:
/// bad_encoding, key_missing, store_failed.
using archive_opener = std::function<journal::result<std::unique_ptr<journal::record_archive>>(
    std::string_view url, const std::filesystem::path& keys, const std::string& site)>;

}  // namespace logline::cli
