#pragma once

#include <cstdint>

#include "domain/archive/retention.hpp"
#include "journal/partition_log.hpp"

namespace logline::cluster {

/// The last record behind `after` up to which retention lets everything go at `now`: every record's time is over, and
/// none is held (RET-01, RET-04). `after` itself where there is no such record. Errors: those of reading.
journal::result<core::gseq> retention_end(const journal::partition_log& log, const archive::retention& policy,
                                          core::gseq after, core::timestamp now, std::uint32_t days_max);

}  // namespace logline::cluster
