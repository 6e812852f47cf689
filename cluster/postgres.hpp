#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/door.hpp"
#include "actors/mirror_part.hpp"
#include "adapters/postgres/connection.hpp"
#include "cluster/config.hpp"
#include "cluster/measured_duty.hpp"
#include "journal/errc.hpp"

namespace logline::cluster {

inline constexpr std::string_view postgres_mirror = "postgres";

/// A password's file: its first line. Errors: key_missing where it cannot be read, or others than its owner may read
/// it; the message names the file, never what is in it.
journal::result<std::string> read_password(const std::filesystem::path& file);

/// The server that the mirror writes to, as DATA/postgres.json has it. Errors as make_postgres.
journal::result<postgres::server_address> active_server(const node_config& config);

struct postgres_parts {
  actors::mirror_part mirror;
  std::vector<measured_duty> duties;
};

/// What the configuration asks for of PostgreSQL: the mirror; a duty that probes the servers and turns to the standby
/// when the first one is down; with pg.inbox a duty that brings the inbox table's commands to the node. Nothing is
/// connected yet. Which server is active is kept in DATA/postgres.json. `door` is asked for at each command; null once
/// the node stops. Errors: those of read_password, bad_encoding for that file.
journal::result<postgres_parts> make_postgres(const node_config& config, const std::shared_ptr<actors::alerts>& alerts,
                                              std::function<actors::door*()> door);

}  // namespace logline::cluster
