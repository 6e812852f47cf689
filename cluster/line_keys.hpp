#pragma once

#include <filesystem>

#include "adapters/ndjson/line_key.hpp"

namespace logline::cluster {

/// The key that signs an NDJSON copy's lines, from `keys`/ndjson.key. Errors: key_missing, also where there is none.
journal::result<ndjson::line_key> load_line_key(const std::filesystem::path& keys);

}  // namespace logline::cluster
