#pragma once

#include <span>
#include <vector>

#include "adapters/postgres/migrations.hpp"
#include "domain/core/entity.hpp"

namespace logline::postgres {

/// For each entity type a view TYPE__events of all its records, and for each event TYPE__EVENT with a column for each
/// field of its shape (PGM-01). Characters that a plain identifier cannot hold become '_'. Columns: number → numeric,
/// time → timestamptz, UUID → uuid, binary → bytea, text, boolean; what is nested or about a person → jsonb as it is
/// stored; secrets are left out.
std::vector<view_definition> views_of(std::span<const core::entity_type* const> types);

}  // namespace logline::postgres
