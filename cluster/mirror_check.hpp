#pragma once

#include <functional>
#include <memory>

#include "actors/alerts.hpp"
#include "cluster/config.hpp"
#include "cluster/measured_duty.hpp"
#include "journal/keys.hpp"
#include "journal/partition_log.hpp"

namespace logline::cluster {

/// Compares the mirrors with the journal while both go on (MIR-05): at mirror.verify_at the database's last 24 hours,
/// on Sundays everything there and in the NDJSON files; with mirror.verify_s everything, so often. Ranges that differ
/// raise INTEGRITY_MISMATCH, until a later run finds none. `log` is asked for at each run; null once the node stops.
measured_duty make_mirror_check(const node_config& config, const journal::site_public_key& site_key,
                                std::function<const journal::partition_log*()> log,
                                std::shared_ptr<actors::alerts> alerts);

}  // namespace logline::cluster
