#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/partition_log.hpp"

namespace logline::postgres {

inline constexpr std::uint64_t range_records = 10'000;  // MIR-05

struct range_difference {
  core::gseq first;
  core::gseq last;
  std::string what;
};

struct check_report {
  std::uint64_t records = 0;  ///< rows looked at
  core::gseq first;
  core::gseq last;  ///< the newest row's
  std::uint64_t ranges = 0;
  std::vector<range_difference> differs;  ///< every range that does, in order
};

struct check_scope {
  std::string schema = "ledger";
  core::partition_id partition;
  core::gseq first{1};
  core::gseq last;  ///< 0: the log's head
};

/// Whether the database holds the log's records, and nothing else, range by range (MIR-05). The hash chain is
/// recomputed by the server from the rows' bytes; the readable columns are compared, by the server, with rows made anew
/// from the log. `show` is told the position reached. A database that is behind has its last range cut there: see
/// `last`. Errors: what cannot be read, on either side.
journal::result<check_report> check(const journal::partition_log& log, const server_address& server,
                                    const check_scope& scope, core::function_ref<void(core::gseq)> show);

}  // namespace logline::postgres
