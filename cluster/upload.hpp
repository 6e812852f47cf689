#pragma once

#include <memory>
#include <optional>

#include "actors/alerts.hpp"
#include "cluster/config.hpp"
#include "cluster/measured_duty.hpp"
#include "journal/keys.hpp"

namespace logline::cluster {

/// Brings the NDJSON mirror's sealed shards to ndjson.upload_url and takes old ones away here (NDJ-13, NDJ-09); nothing
/// where the configuration names no such place. A run that fails raises UPLOAD_FAIL until one succeeds; the mirror
/// itself goes on whatever happens to it.
std::optional<measured_duty> make_upload(const node_config& config, const journal::site_public_key& site_key,
                                         std::shared_ptr<actors::alerts> alerts);

}  // namespace logline::cluster
