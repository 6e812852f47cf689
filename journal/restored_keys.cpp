#include "journal/restored_keys.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "journal/file.hpp"
#include "journal/key_store.hpp"
#include "journal/keys.hpp"
#include "journal/root_key.hpp"
#include "journal/shred_ledger.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

namespace {

error lost(std::string why) {
  return {errc::acknowledged_lost, "SHREDS_MISSING: " + std::move(why), {}};
}

outcome copy_store(const fs::path& from, const fs::path& to) {
  std::error_code problem;
  fs::copy(from, to, fs::copy_options::recursive, problem);
  if (!problem) fs::permissions(to, fs::perms::owner_all, problem);
  if (problem) return error{errc::store_failed, "copying the key store: " + problem.message(), {}};
  return sync_directory(to);
}

}  // namespace

outcome restore_keys(const fs::path& data, const key_sources& from, std::uint64_t erasures) {
  const bool has_store = !from.keystore.empty();
  if (from.shreds.empty() && (has_store || erasures > 0))
    return lost(fmt::format("{} erasures were known of; name the places of the shred ledger", erasures));
  if (from.shreds.empty()) return core::done{};
  const auto site = site_key::load(data / "keys");
  if (!site) return site.error();
  const auto ledger = newest_shred_ledger(from.shreds, site->public_key());
  if (!ledger) return ledger.error();
  if (ledger->size() < erasures)
    return lost(fmt::format("the longest ledger has {} erasures, {} were known of", ledger->size(), erasures));
  // Opening brings a place that lags behind, the restored one, up to the longest.
  std::vector<fs::path> places{data / "shreds"};
  places.insert(places.end(), from.shreds.begin(), from.shreds.end());
  if (auto opened = shred_ledger::open(places, *site); !opened) return std::move(opened).error();
  if (!has_store) return core::done{};
  if (auto copied = copy_store(from.keystore, data / "keystore"); !copied) return copied;
  auto root = load_root_key(data / "keys");
  if (!root) return std::move(root).error();
  key_store_options options;
  options.directory = data / "keystore";
  options.root = *std::move(root);
  auto keys = key_store::open(std::move(options));
  if (!keys) return std::move(keys).error();
  if (auto replayed = replay_shreds(**keys, places, site->public_key(), erasures); !replayed)
    return std::move(replayed).error();
  return (*keys)->finish_sweep();
}

}  // namespace logline::journal
