#pragma once

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

/// Entities in address order within a type, after `after` ("tenant/type/key", or empty). Type without tenant filters as
/// it reads.
core::result<std::vector<directory_entry>> list(const journal::partition_log& log, std::string_view tenant,
                                                std::string_view type, std::string_view after, std::size_t limit);

}  // namespace logline::actors::directory_view
