#include "cluster/key_copies.hpp"

#include <algorithm>
#include <utility>

#include "actors/clock.hpp"
#include "journal/key_copies.hpp"

namespace logline::cluster {

namespace {

constexpr std::int64_t look_s_max = 3'600;

journal::outcome look(const privacy_config& config, const journal::key_store& keys) {
  const auto now = actors::wall_clock();
  const auto newest = journal::newest_key_copy(config.key_copies);
  if (!newest || *newest + core::seconds(config.key_copy_s) <= now)
    if (auto made = journal::make_key_copy(keys, config.key_copies, now); !made) return std::move(made).error();
  auto removed = journal::remove_key_copies(config.key_copies, now - core::days(config.key_copy_days));
  if (!removed) return std::move(removed).error();
  return core::done{};
}

}  // namespace

std::shared_ptr<const actors::duty> make_key_copies(const node_config& config, const journal::key_store& keys,
                                                    std::shared_ptr<actors::alerts> alerts) {
  if (config.privacy.key_copies.empty()) return nullptr;
  auto run = [config = config.privacy, &keys, alerts](const std::stop_token&) -> core::outcome {
    const auto done = look(config, keys);
    if (done) {
      alerts->clear("BACKUP_FAIL");
      return core::done{};
    }
    alerts->raise("BACKUP_FAIL", "key store: " + done.error().message);
    return journal::to_failure(done.error());
  };
  const auto between = core::seconds(std::min(config.privacy.key_copy_s, look_s_max));
  return std::make_shared<const actors::duty>(
      actors::duty{"key_copies", core::schedule::every(between), std::move(run)});
}

}  // namespace logline::cluster
