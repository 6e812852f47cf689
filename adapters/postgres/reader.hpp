#pragma once

#include <string>

#include "adapters/postgres/connection.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/mirror_target.hpp"
#include "journal/record_line.hpp"

namespace logline::postgres {

/// Visits a partition's records from gseq 1 in order, each made from its bytes and proven by the chain (REP-05 c),
/// until `visit` returns false. `place` says where a row stands: "journal_event gseq 17". Errors: position_gap,
/// chain_broken, bad_encoding with the row's place.
journal::outcome read_records(const server_address& server, const std::string& schema, core::partition_id partition,
                              core::function_ref<bool(journal::parsed_line&& line, const std::string& place)> visit);

}  // namespace logline::postgres
