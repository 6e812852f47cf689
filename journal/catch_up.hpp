#pragma once

#include <vector>

#include "journal/framer.hpp"
#include "journal/log_store.hpp"

namespace logline::journal {

struct catch_up_report {
  core::gseq from;  ///< first record that was read again; 0: none had to be
  std::uint64_t records = 0;
  std::vector<family> restarted;  ///< families that were ahead of the log, and so were made anew
  recent_days keyed_days;         ///< that have dedupe rows now
};

/// Brings every derived family up to the log's end, each from its own cursor. Errors: those of walk_records, the
/// store's.
result<catch_up_report> catch_up(log_store& store, core::partition_id partition, const log_state& end);

}  // namespace logline::journal
