#pragma once

#include <string>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/migrations.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/partition_log.hpp"

namespace logline::postgres {

struct rebuilt_schema {
  core::gseq last;
  std::string kept;  ///< the name that the schema before has now; empty: there was none
};

/// Makes the mirror anew beside the one that is there, in SCHEMA_next, compares it with the log, and only then gives it
/// the name, in one transaction: readers see the old or the new one (MIR-06). Nothing is deleted. By a role that may
/// migrate. `show` is told the position reached. Errors: not_found for an empty log; store_corrupt where the new one is
/// not the log's; those of mirror and migrate(). The old one stands after any error.
journal::result<rebuilt_schema> rebuild(const journal::partition_log& log, const server_address& server,
                                        const std::string& schema, std::vector<view_definition> views,
                                        core::function_ref<void(core::gseq)> show);

}  // namespace logline::postgres
