#pragma once

#include <string>

#include "adapters/cli/commands.hpp"
#include "adapters/cli/progress.hpp"
#include "journal/partition_log.hpp"

namespace logline::cli {

/// --postgres, --password-file, --schema.
void add_database_options(CLI::App& command, database& o);
/// The URL: as given, else $LOGLINE_PG_URL, else empty.
database database_of(const database& given, const environment& env);

/// How a mirror did, as one JSON object.
struct mirror_verdict {
  std::string json;
  bool equal = false;
};
mirror_verdict verdict_of(std::string_view mirror, const copy_report& found, core::gseq head);

/// Compares and prints the ranges that differ; errors are the tools' own.
journal::result<mirror_verdict> compare_database(const journal::partition_log& log, const database& with,
                                                 const environment& env);

/// mirror rebuild NAME, below the group "mirror".
void add_mirror_rebuild_command(CLI::App& group, invocation& run);
/// mirror migrate, below the group "mirror".
void add_database_commands(CLI::App& group, invocation& run);

}  // namespace logline::cli
