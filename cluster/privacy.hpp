#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "actors/alerts.hpp"
#include "cluster/config.hpp"
#include "journal/key_store.hpp"
#include "journal/keys.hpp"
#include "journal/sealing.hpp"
#include "journal/shred_ledger.hpp"

namespace logline::cluster {

/// The subjects' keys of a node, and what it needs to erase them (engine §9). Lies in DATA/keystore.
struct privacy_store {
  std::unique_ptr<journal::key_store> keys;
  std::unique_ptr<journal::sealer> seals;
  std::unique_ptr<journal::shred_ledger> ledger;
};

/// Where the shred ledger is kept: DATA/shreds, and the places that the configuration names beside it.
std::vector<std::filesystem::path> ledger_places(const node_config& config);

/// Opens the key store, and applies every erasure of the ledger that it has not seen before anything can be opened with
/// a key (GDP-08). Errors: of both; acknowledged_lost without the newest ledger, unless privacy.accept_shred_gap says
/// to go on: that raises SHRED_GAP.
journal::outcome open_privacy(const node_config& config, const journal::site_key& site, actors::alerts& alerts,
                              privacy_store& out);

}  // namespace logline::cluster
