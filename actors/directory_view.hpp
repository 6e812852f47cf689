#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "actors/door.hpp"
#include "journal/partition_log.hpp"

/// The first view: which entities exist, by tenant and type. Rows: tenant \0 type \0 key → {eseq, last gseq}.
namespace logline::actors::directory_view {

inline constexpr std::string_view name = "directory";

/// Into `out`, for its memory.
void make_key(std::string_view tenant, std::string_view type, std::string_view key, std::string& out);
journal::partition_log::view_row row(std::string row_key, core::eseq sequence, core::gseq last);

/// Reads up to `most` records from `from` on and writes what they say into `view`, with its cursor.
struct projected {
  core::gseq next;  ///< to read
  std::size_t records = 0;
};
journal::result<projected> project(journal::partition_log& log, std::string_view view, core::gseq from,
                                   std::size_t most);

/// Builds the view anew beside the one that readers see, then lets them see it (REP-02); for a log that nobody else
/// projects meanwhile. Answers how far it is.
journal::result<core::gseq> rebuild(journal::partition_log& log, const std::function<void(core::gseq)>& progress);

/// How far the view that readers see is.
journal::result<core::gseq> cursor(const journal::partition_log& log);

/// Entities in address order within a type, after `after` ("tenant/type/key", or empty). Type without tenant filters as
/// it reads.
core::result<std::vector<directory_entry>> list(const journal::partition_log& log, std::string_view tenant,
                                                std::string_view type, std::string_view after, std::size_t limit);

}  // namespace logline::actors::directory_view
