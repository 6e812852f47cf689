#include "cluster/privacy.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "journal/root_key.hpp"

namespace logline::cluster {

std::vector<std::filesystem::path> ledger_places(const node_config& config) {
  std::vector<std::filesystem::path> places{config.data / "shreds"};
  places.insert(places.end(), config.privacy.shred_ledgers.begin(), config.privacy.shred_ledgers.end());
  return places;
}

journal::outcome open_privacy(const node_config& config, const journal::site_key& site, actors::alerts& alerts,
                              privacy_store& out) {
  auto root = journal::load_or_create_root_key(config.data / "keys");
  if (!root) return std::move(root).error();
  journal::key_store_options options;
  options.directory = config.data / "keystore";
  options.root = *std::move(root);
  options.cached_keys = config.privacy.cached_keys;
  options.on_message = [](std::string_view line) { spdlog::warn("key store: {}", line); };
  auto keys = journal::key_store::open(std::move(options));
  if (!keys) return std::move(keys).error();
  out.keys = *std::move(keys);
  if (!out.keys->status().locked)
    spdlog::warn("subjects' keys in memory could not be locked: raise the limit of locked memory (ulimit -l)");

  const auto places = ledger_places(config);
  const auto replayed = journal::replay_shreds(*out.keys, places, site.public_key());
  if (replayed) {
    if (*replayed > 0) spdlog::info("key store: {} erasures of the shred ledger applied", *replayed);
  } else if (replayed.error().code == journal::errc::acknowledged_lost && config.privacy.accept_shred_gap) {
    alerts.raise("SHRED_GAP", replayed.error().message);
  } else {
    return replayed.error();
  }
  if (auto finished = out.keys->finish_sweep(); !finished) return finished;
  auto ledger = journal::shred_ledger::open(places, site);
  if (!ledger) return std::move(ledger).error();
  out.ledger = *std::move(ledger);
  if (places.size() < 2)
    spdlog::info("the shred ledger has one place only, beside the data: name another in privacy.shred_ledgers");
  out.seals = std::make_unique<journal::sealer>(*out.keys);
  return core::done{};
}

}  // namespace logline::cluster
