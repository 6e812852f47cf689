#pragma once

#include <cstddef>
#include <functional>

#include "journal/mirror_target.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// Copies the log's records behind `at`, where `to` stands, up to `last`, at most `chunk` of them and 16 MiB at a time;
/// `progress` is told each position reached, and answers whether to go on. Answers where the copy stands then. Errors:
/// those of reading and of the target.
result<mirror_position> copy_records(const partition_log& from, mirror_target& to, mirror_position at, core::gseq last,
                                     std::size_t chunk, const std::function<bool(core::gseq)>& progress);

}  // namespace logline::journal
