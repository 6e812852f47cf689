#include "cluster/upload.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "adapters/ndjson/shipping.hpp"
#include "cluster/line_keys.hpp"
#include "cluster/mirrors.hpp"
#include "cluster/stores.hpp"

namespace logline::cluster {

namespace {

constexpr std::string_view alert_name = "UPLOAD_FAIL";

struct upload_progress {
  std::atomic<std::uint64_t> sealed{0};
  std::atomic<std::uint64_t> confirmed{0};
  std::atomic<std::uint64_t> confirmed_to{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> removed{0};
};

journal::outcome upload(const node_config& config, const journal::site_public_key& site_key,
                        const std::stop_token& wanted, upload_progress& progress) {
  const auto keys = config.data / "keys";
  auto line_key = load_line_key(keys);
  if (!line_key) return std::move(line_key).error();
  auto store = open_store(config.offsite.upload_url, keys, wanted);
  if (!store) return std::move(store).error();
  ndjson::shipping_options options;
  options.directory = ndjson_directory(config);
  options.keys = {*std::move(line_key)};
  options.vouched_by = site_key;
  options.wait_for_packed = config.ndjson_compress;
  options.keep_days = config.offsite.keep_days;
  ndjson::shipping shipping{std::move(options), *std::move(store)};
  const auto done = shipping.run(actors::wall_clock(), [&] { return wanted.stop_requested(); });
  if (!done) return done.error();
  progress.sealed = done->sealed;
  progress.confirmed = done->confirmed;
  progress.confirmed_to = done->confirmed_to.value;
  progress.sent += done->sent;
  progress.removed += done->removed;
  return core::done{};
}

std::vector<actors::door::figure> figures_of(const upload_progress& p) {
  const auto value = [](const std::atomic<std::uint64_t>& of) { return static_cast<double>(of.load()); };
  return {
      {"ndjson_shards{state=\"sealed\"}", "Sealed shards of the NDJSON mirror here.", false, value(p.sealed)},
      {"ndjson_shards{state=\"confirmed\"}", "Sealed shards of the NDJSON mirror here.", false, value(p.confirmed)},
      {"ndjson_confirmed_gseq", "Newest record that is off-site for certain.", false, value(p.confirmed_to)},
      {"ndjson_uploaded_total", "Shards brought off-site.", true, value(p.sent)},
      {"ndjson_removed_total", "Shards taken away here after their time.", true, value(p.removed)},
  };
}

}  // namespace

std::optional<measured_duty> make_upload(const node_config& config, const journal::site_public_key& site_key,
                                         std::shared_ptr<actors::alerts> alerts) {
  if (!config.ndjson || config.offsite.upload_url.empty()) return std::nullopt;
  const auto progress = std::make_shared<upload_progress>();
  const auto run = [config, site_key, alerts = std::move(alerts), progress](const std::stop_token& wanted) {
    const auto done = upload(config, site_key, wanted, *progress);
    if (done) {
      alerts->clear(alert_name);
      return core::outcome{core::done{}};
    }
    const auto why = done.error().text();
    if (!wanted.stop_requested()) alerts->raise(alert_name, why);
    return core::outcome{core::unavailable(why)};
  };
  return measured_duty{std::make_shared<const actors::duty>(actors::duty{
                           "ndjson upload", core::schedule::every(core::seconds(config.offsite.upload_s)), run}),
                       [progress] { return figures_of(*progress); }};
}

}  // namespace logline::cluster
