#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/object_store.hpp"

namespace logline::s3 {

/// The text of the first element of that name, entities resolved; empty where there is none. For S3's small answers.
std::string element_of(std::string_view xml, std::string_view name);

/// A page of ListObjectsV2.
struct listing_page {
  std::vector<journal::object_info> objects;  ///< names are whole keys
  std::optional<std::string> next;            ///< continuation token of the next page
};
/// Errors: bad_encoding.
journal::result<listing_page> parse_listing(std::string_view xml);

}  // namespace logline::s3
