#pragma once

#include <filesystem>
#include <string_view>

#include "journal/object_store.hpp"

namespace logline::ndjson {

/// Stores the file's bytes under that name and reads them back: when it answers success the place has given out bytes
/// of this digest. Where it does so already nothing is stored. `scratch` is a file that may be written meanwhile, and
/// is gone afterwards. Errors: checksum_mismatch; the store's; those of files.
journal::outcome put_confirmed(journal::object_store& to, std::string_view name, const std::filesystem::path& file,
                               const core::digest& sha256, const std::filesystem::path& scratch);

/// The same of a small text.
journal::outcome put_confirmed(journal::object_store& to, std::string_view name, std::string_view text);

}  // namespace logline::ndjson
