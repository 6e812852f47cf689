#include "cluster/replayed.hpp"

#include <filesystem>

#include <spdlog/spdlog.h>

namespace logline::cluster {

void heed_replay(node_config& config) {
  std::error_code problem;
  // Where it cannot be told, effects stay muted.
  if (!std::filesystem::exists(config.data / "replay.json", problem) && !problem) return;
  config.replay = true;
  config.worker = false;
  config.ndjson = false;
  config.mirrored = false;
  config.postgres = {};
  config.offsite = {};
  config.backup = {};
  config.backup.enabled = false;
  spdlog::info("this node replays a journal: nothing that happened in it has effects here, and it takes no commands");
}

}  // namespace logline::cluster
