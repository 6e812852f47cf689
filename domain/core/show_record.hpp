#pragma once

#include "domain/core/codec.hpp"
#include "domain/core/entity.hpp"
#include "domain/core/envelope.hpp"

namespace logline::core {

/// Writes a record the way doors show it: one object, always the same members, null for what is absent. The payload is
/// shown by the shape that `type` gives the event; where `type` is null or does not know the event, as it is stored.
void show_record(const record& r, const entity_type* type, sink& to);

}  // namespace logline::core
