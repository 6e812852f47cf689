#include "cluster/restored.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "journal/restore_marker.hpp"

namespace logline::cluster {

namespace {
constexpr int exit_data_refused = 65;
}  // namespace

core::result<core::done, start_failure> heed_restore(node_config& config) {
  const auto marker = journal::read_restore_marker(config.data);
  if (!marker) return start_failure{exit_data_refused, "restored.json: " + marker.error().text()};
  if (!*marker) return core::done{};
  const auto& m = **marker;
  if (m.inspection)
    return start_failure{exit_data_refused,
                         "this copy was restored for inspection: read it with logline journal; to run it, restore it "
                         "without --inspect"};
  config.generation = std::max(config.generation, m.generation);
  spdlog::info("restored from {} up to gseq {}; goes on as generation {}", m.backup.empty() ? "records" : m.backup,
               m.gseq.value, config.generation);
  return core::done{};
}

}  // namespace logline::cluster
