#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/open.hpp"
#include "journal/verify.hpp"

namespace logline::journal {

struct reindex_report {
  core::gseq head;
  std::uint64_t records = 0;      ///< read again
  std::uint64_t entity_rows = 0;  ///< written
  std::vector<std::string> cut;   ///< torn ends of files that RocksDB dropped; never acknowledged
};

/// Makes anew, from the log alone, what is derived from it: entity index, idempotency keys, wake-ups and Merkle nodes;
/// drops snapshots and views, which the node makes again by itself. The remedy for damage to any of these; log, signed
/// heads and positions of reactors are not touched. The node must be stopped.
///
/// `progress` as in verify_options; false stops. A reindex that did not come to its end, stopped or killed, leaves a
/// store that does not open for writing until another one has. Errors: store_locked; not_found; stopped; damage to the
/// log, with its position, before anything was changed if the store could be read; those of the store.
result<reindex_report> reindex_store(const partition_options& where,
                                     const std::function<bool(const verify_progress&)>& progress);

/// The row of `meta` that stands while a reindex is under way.
inline constexpr std::string_view reindexing_key = "reindexing";

}  // namespace logline::journal
