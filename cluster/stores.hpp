#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "journal/object_store.hpp"

namespace logline::cluster {

/// The place that a setting or an option names: "dir:/srv/copies" (or just a path), or
/// "s3:https://HOST[:PORT]/BUCKET[/PREFIX][?region=R&ca=FILE]", signed with the two lines of `keys`/s3.key (0600): key
/// id and secret. Does not connect. Pauses between attempts end when `wanted` asks to stop. Errors: bad_encoding,
/// key_missing, store_failed.
journal::result<std::unique_ptr<journal::object_store>> open_store(std::string_view url,
                                                                   const std::filesystem::path& keys,
                                                                   std::stop_token wanted = {});

/// What is wrong with such a text, or nothing: for settings, before anything is opened.
std::string check_store_url(std::string_view url);

}  // namespace logline::cluster
