#pragma once

#include <string>
#include <string_view>

#include "journal/record_archive.hpp"

namespace logline::ndjson {

/// unit.json: one line (docs/formats/archive.md).
std::string unit_text(const journal::archive_unit& unit);
/// Errors: bad_encoding, also where the shards do not make up the range; unknown_format.
journal::result<journal::archive_unit> parse_unit(std::string_view text);

}  // namespace logline::ndjson
