#pragma once

#include <map>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/mirror_part.hpp"
#include "cluster/config.hpp"
#include "cluster/measured_duty.hpp"
#include "domain/core/function_ref.hpp"
#include "journal/keys.hpp"
#include "journal/record_line.hpp"

namespace logline::cluster {

struct mirror_set {
  std::vector<actors::mirror_part> mirrors;
  std::vector<measured_duty> duties;  ///< that look after them
};

/// The mirrors that the configuration asks for. The NDJSON mirror lies in DATA/ndjson unless said otherwise; its line
/// key is made on the first start and kept in DATA/keys/ndjson.key (0600). Errors: key_missing, store_failed.
journal::result<mirror_set> make_mirrors(const node_config& config, const journal::site_key& site_key,
                                         const std::shared_ptr<actors::alerts>& alerts,
                                         std::function<actors::door*()> door);

/// Every event type there is, and the version that is written now.
std::map<std::string, std::uint64_t> event_schemas();

/// DATA/ndjson unless said otherwise.
std::filesystem::path ndjson_directory(const node_config& config);

/// A copy made for itself, see cli::copy_plan; the keys are in `keys`. Errors: key_missing, store_failed.
journal::result<std::unique_ptr<journal::mirror_target>> make_ndjson_copy(const std::filesystem::path& directory,
                                                                          const std::filesystem::path& keys,
                                                                          const std::string& site,
                                                                          core::partition_id partition,
                                                                          const journal::mirror_position& begin);

/// Reads an NDJSON mirror, proving each record with ndjson.key and site.pub in `keys`; see cli::copy_reader.
journal::outcome read_ndjson(const std::filesystem::path& directory, const std::filesystem::path& keys,
                             core::function_ref<bool(journal::parsed_line&&, const std::string& place)> visit);

}  // namespace logline::cluster
