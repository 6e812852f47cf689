#pragma once

#include <span>
#include <string>

#include "adapters/http/target.hpp"
#include "domain/core/described.hpp"

namespace logline::http {

/// A JSON object out of query parameters: text for text fields, else whatever JSON the value is ("7", "true", "[1,2]"),
/// as the shape says. INVALID_INPUT for a parameter that is no field and a value that is not JSON where it has to be.
core::result<std::string> loose_object(const core::type_shape& shape, std::span<const parameter> fields);

}  // namespace logline::http
