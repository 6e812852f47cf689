#pragma once

#include "domain/core/function_ref.hpp"
#include "journal/frame.hpp"
#include "journal/log_store.hpp"
#include "journal/record.hpp"

namespace logline::journal {

// Reading the log family. All of these check what they read as they go: checksum, that each frame is under its own key,
// that positions and the chain continue from frame to frame, and that the records in a frame are the ones it announces.
// They do not recompute digests. Errors name the first position concerned.

/// Returns false to stop.
using frame_visitor = core::function_ref<bool(const frame_view&)>;

/// Visits the frames from the one that holds `from` (≥ 1) up to the one that holds `last`. Errors: those of open_frame,
/// position_gap, chain_broken, the store's.
outcome walk_frames(const log_store& store, core::partition_id partition, core::gseq from, core::gseq last,
                    frame_visitor visit);

/// Visits the records of a frame from position `from` on; answers false when the visitor stopped.
result<bool> walk_frame_records(const frame_view& frame, core::gseq from,
                                core::function_ref<bool(const record_view&)> visit);

/// Visits records `from` (≥ 1) to `last`; answers the position after the last one visited.
result<core::gseq> walk_records(const log_store& store, core::partition_id partition, core::gseq from, core::gseq last,
                                core::function_ref<bool(const record_view&)> visit);

/// The header of the frame with the greatest position ≤ `at` that begins a frame; not_found when there is none.
result<frame_header> find_frame_header(const log_store& store, core::partition_id partition, core::gseq at);

}  // namespace logline::journal
