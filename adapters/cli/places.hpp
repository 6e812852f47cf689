#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "journal/object_store.hpp"

namespace logline::cli {

/// Opens the place that an option names (dir:PATH, PATH, s3:URL); which kinds there are only the program knows. `keys`
/// holds the credentials. Errors: bad_encoding, key_missing, store_failed.
using store_opener = std::function<journal::result<std::unique_ptr<journal::object_store>>(
    std::string_view url, const std::filesystem::path& keys)>;

}  // namespace logline::cli
