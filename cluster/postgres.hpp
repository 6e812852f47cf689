#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "actors/alerts.hpp"
#include "actors/mirror_part.hpp"
#include "cluster/config.hpp"
#include "journal/errc.hpp"

namespace logline::cluster {

inline constexpr std::string_view postgres_mirror = "postgres";

/// A password's file: its first line. Errors: key_missing where it cannot be read, or others than its owner may read
/// it; the message names the file, never what is in it.
journal::result<std::string> read_password(const std::filesystem::path& file);

/// The PostgreSQL mirror that the configuration asks for. Nothing is connected yet. Errors: those of read_password.
journal::result<actors::mirror_part> make_postgres(const node_config& config,
                                                   const std::shared_ptr<actors::alerts>& alerts);

}  // namespace logline::cluster
