#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/alerts.hpp"
#include "actors/door.hpp"
#include "cluster/config.hpp"
#include "cluster/upload.hpp"
#include "journal/cold_log.hpp"
#include "journal/keys.hpp"
#include "journal/record_archive.hpp"

namespace logline::cluster {

/// Keeps the archive at archive.url (journal §8): each day what is older than archive.after_days goes there, and each
/// month a twentieth of it is fetched and proven again (ARC-05); what `archive/0` is asked for by its command `run`
/// goes at once. Each range is read back there before `archive/0` records it (RET-02). Nothing where the configuration
/// names no place. `log` and `door` are asked for at each look; null once the node stops. Raises ARCHIVE_FAIL and
/// INTEGRITY_MISMATCH.
/// With retention.drop, what is archived and neither hot nor held then goes from the journal here (RET-02).
std::optional<measured_duty> make_archiving(const node_config& config, const journal::site_key& site_key,
                                            std::function<journal::partition_log*()> log,
                                            std::function<actors::door*()> door, std::shared_ptr<actors::alerts> alerts,
                                            std::function<core::timestamp()> clock);

/// Where the journal's oldest rows are kept once they are dropped here: below archive.url. Null where there is none.
std::shared_ptr<journal::cold_place> make_cold_place(const node_config& config);

/// The archive at that place, for reading, as tools use it; `keys` has site.pub and ndjson.key. With `site` empty the
/// place must hold one log only. Errors: those of open_store(), key_missing, store_failed.
journal::result<std::unique_ptr<journal::record_archive>> open_archive(std::string_view url,
                                                                       const std::filesystem::path& keys,
                                                                       const std::string& site);

}  // namespace logline::cluster
