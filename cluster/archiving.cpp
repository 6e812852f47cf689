#include "cluster/archiving.hpp"

#include <stdlib.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "adapters/ndjson/archive.hpp"
#include "cluster/asking.hpp"
#include "cluster/line_keys.hpp"
#include "cluster/mirrors.hpp"
#include "cluster/retention_end.hpp"
#include "cluster/stores.hpp"
#include "domain/archive/archive.hpp"
#include "domain/archive/retention.hpp"
#include "journal/cold_objects.hpp"

namespace logline::cluster {

namespace {

constexpr std::string_view failed_alert = "ARCHIVE_FAIL";
constexpr std::string_view damaged_alert = "INTEGRITY_MISMATCH";
constexpr core::duration_us look_interval = core::seconds(2);

struct archive_progress {
  std::atomic<std::uint64_t> archived_to{0};
  std::atomic<std::uint64_t> units{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> damaged{0};
  std::atomic<std::uint64_t> floor{0};
};

core::failure failure_of(const journal::error& e) {
  return core::unavailable("archive: " + e.text());
}

class archiving {
 public:
  archiving(const node_config& config, journal::site_key site_key, std::function<journal::partition_log*()> log,
            std::function<actors::door*()> door, std::shared_ptr<actors::alerts> alerts,
            std::function<core::timestamp()> clock)
      : config_(config),
        site_key_(std::move(site_key)),
        log_(std::move(log)),
        door_(std::move(door)),
        alerts_(std::move(alerts)),
        clock_(std::move(clock)) {}

  /// One look: what is wanted now, what the day asks for, what the month asks for.
  core::outcome look(const std::stop_token& wanted) {
    auto* const door = door_();
    if (door == nullptr || log_() == nullptr) return core::unavailable("the node is stopping");
    auto state = state_of<archive::partition_archive>(*door, entity_);
    if (!state) return state.error();
    note(*state);
    progress_->floor = log_()->cold_floor().value;
    const auto now = clock_();
    const auto day = now.us / core::days(1).us;
    if (state->wanted || day != day_done_) {
      if (auto archived = archive_due(*door, *state, now, wanted); !archived) {
        day_done_ = day;  // the alert stands; tomorrow again, or when it is asked for
        return archived;
      }
      day_done_ = day;
      return core::done{};
    }
    return check_due(*door, *state, now, wanted);
  }

  std::shared_ptr<archive_progress> progress() const { return progress_; }

 private:
  void note(const archive::partition_archive& state) {
    std::uint64_t bytes = 0;
    std::uint64_t damaged = 0;
    for (const auto& range : state.ranges) {
      bytes += range.bytes;
      damaged += range.damage ? 1 : 0;
    }
    progress_->archived_to = state.archived_to.value;
    progress_->units = state.ranges.size();
    progress_->bytes = bytes;
    progress_->damaged = damaged;
  }

  journal::result<std::unique_ptr<ndjson::archive>> open(const std::stop_token& wanted) const {
    const auto keys = config_.data / "keys";
    auto line_key = load_line_key(keys);
    if (!line_key) return std::move(line_key).error();
    auto believed = journal::key_history::load(keys);
    if (!believed) return std::move(believed).error();
    auto store = open_store(config_.offsite.archive_url, keys, wanted);
    if (!store) return std::move(store).error();
    ndjson::archive_options o;
    o.site = config_.site;
    o.scratch = config_.data / "archive.tmp";
    o.keys = {*line_key};
    o.believed = *std::move(believed);
    o.current = *std::move(line_key);
    o.site_key = site_key_;
    o.types = event_schemas();
    o.shard_bytes = config_.ndjson_shard_bytes;
    return std::make_unique<ndjson::archive>(std::move(o), *std::move(store));
  }

  /// What was asked for, else what retention lets go.
  core::result<core::gseq> last_to_archive(actors::door& door, const archive::partition_archive& state,
                                           core::timestamp now) const {
    if (state.wanted && state.wanted->to_gseq) return std::min(*state.wanted->to_gseq, log_()->head().position);
    const auto policy = state_of<archive::retention>(door, policy_);
    if (!policy) return policy.error();
    const auto days_max = static_cast<std::uint32_t>(config_.offsite.archive_days);
    const auto end = retention_end(*log_(), *policy, state.archived_to, now, days_max);
    if (!end) return failure_of(end.error());
    return *end;
  }

  core::outcome archive_due(actors::door& door, const archive::partition_archive& state, core::timestamp now,
                            const std::stop_token& wanted) {
    const auto last = last_to_archive(door, state, now);
    auto done = last ? archive_to(door, state, *last, wanted) : core::outcome{last.error()};
    if (done) done = drop_due(door, now, wanted);
    if (done) {
      alerts_->clear(failed_alert);
      return told(ask(door, entity_, archive::finish_run{}));
    }
    if (wanted.stop_requested()) return done;
    alerts_->raise(failed_alert, done.error().message);
    if (auto noted = told(ask(door, entity_, archive::fail_run{done.error().message})); !noted) return noted;
    return done;
  }

  /// Last of the fixed order: archived, proven there, recorded, and only then dropped (RET-02). What is held or still
  /// hot is not, though a run may have copied it.
  core::outcome drop_due(actors::door& door, core::timestamp now, const std::stop_token& wanted) {
    if (!config_.offsite.drop) return core::done{};
    const auto state = state_of<archive::partition_archive>(door, entity_);
    if (!state) return state.error();
    const auto policy = state_of<archive::retention>(door, policy_);
    if (!policy) return policy.error();
    auto& log = *log_();
    auto floor = log.cold_floor();
    const auto days_max = static_cast<std::uint32_t>(config_.offsite.archive_days);
    const auto end = retention_end(log, *policy, floor, now, days_max);
    if (!end) return failure_of(end.error());
    while (!wanted.stop_requested()) {
      const auto cold = log.cool(std::min(*end, state->archived_to));
      if (!cold) return failure_of(cold.error());
      progress_->floor = cold->value;
      if (*cold == floor) break;
      floor = *cold;
    }
    return core::done{};
  }

  core::outcome archive_to(actors::door& door, const archive::partition_archive& state, core::gseq last,
                           const std::stop_token& wanted) {
    if (last <= state.archived_to) return core::done{};
    auto place = open(wanted);
    if (!place) return failure_of(place.error());
    auto known = state.archived_to;
    // What the place has and the journal does not know of: a node that stopped in between.
    const auto there = (*place)->units();
    if (!there) return failure_of(there.error());
    for (const auto& unit : *there) {
      if (unit.last_gseq <= known) continue;
      if (auto recorded = record(door, unit); !recorded) return recorded;
      known = unit.last_gseq;
    }
    while (known < last) {
      const auto unit = (*place)->add(*log_(), last, clock_(), [&] { return wanted.stop_requested(); });
      if (!unit) return failure_of(unit.error());
      if (auto recorded = record(door, *unit); !recorded) return recorded;
      known = unit->last_gseq;
    }
    return core::done{};
  }

  core::outcome record(actors::door& door, const journal::archive_unit& unit) const {
    return told(ask(door, entity_,
                    archive::record_unit{unit.first_gseq, unit.last_gseq, unit.hash, unit.shards.size(),
                                         journal::bytes_of(unit), config_.offsite.archive_url}));
  }

  core::outcome check_due(actors::door& door, const archive::partition_archive& state, core::timestamp now,
                          const std::stop_token& wanted) {
    const auto* due = archive::check_due(state, now);
    if (due == nullptr) return core::done{};
    auto place = open(wanted);
    if (!place) return failure_of(place.error());
    const auto units = (*place)->units();
    // A place that is away says nothing about what it holds.
    if (!units && units.error().code == journal::errc::store_failed) return failure_of(units.error());
    journal::outcome sound = journal::error{journal::errc::not_found, "the place does not have it", due->first_gseq};
    if (!units) sound = units.error();
    for (const auto& unit : units ? *units : std::vector<journal::archive_unit>{})
      if (unit.first_gseq == due->first_gseq) sound = (*place)->check(unit);
    if (!sound && (sound.error().code == journal::errc::store_failed || wanted.stop_requested()))
      return failure_of(sound.error());
    if (!sound)
      alerts_->raise(damaged_alert, fmt::format("archived records {} to {}: {}", due->first_gseq.value,
                                                due->last_gseq.value, sound.error().text()));
    return told(
        ask(door, entity_,
            archive::record_check{due->first_gseq, sound ? std::nullopt : std::optional{sound.error().text()}}));
  }

  static core::outcome told(core::result<actors::command_reply> answer) {
    if (!answer) return std::move(answer).error();
    return core::done{};
  }

  const node_config config_;
  const journal::site_key site_key_;
  const std::function<journal::partition_log*()> log_;
  const std::function<actors::door*()> door_;
  const std::shared_ptr<actors::alerts> alerts_;
  const std::function<core::timestamp()> clock_;
  const core::address entity_{"system", "archive", "0"};
  const core::address policy_{"system", "retention", "policy"};
  const std::shared_ptr<archive_progress> progress_ = std::make_shared<archive_progress>();
  std::int64_t day_done_ = -1;
};

std::vector<actors::door::figure> figures_of(const archive_progress& p) {
  const auto value = [](const std::atomic<std::uint64_t>& of) { return static_cast<double>(of.load()); };
  return {
      {"archive_gseq", "Newest record that is in the archive.", false, value(p.archived_to)},
      {"archive_floor_gseq", "Newest record that is in the archive only.", false, value(p.floor)},
      {"archive_units", "Units in the archive.", false, value(p.units)},
      {"archive_bytes", "Bytes of shards in the archive.", false, value(p.bytes)},
      {"archive_damaged_units", "Units that the last check found damaged or gone.", false, value(p.damaged)},
  };
}

}  // namespace

std::optional<measured_duty> make_archiving(const node_config& config, const journal::site_key& site_key,
                                            std::function<journal::partition_log*()> log,
                                            std::function<actors::door*()> door, std::shared_ptr<actors::alerts> alerts,
                                            std::function<core::timestamp()> clock) {
  if (config.offsite.archive_url.empty()) return std::nullopt;
  const auto work = std::make_shared<archiving>(config, site_key, std::move(log), std::move(door), std::move(alerts),
                                                std::move(clock));
  const auto progress = work->progress();
  return measured_duty{std::make_shared<const actors::duty>(
                           actors::duty{"archive", core::schedule::every(look_interval),
                                        [work](const std::stop_token& wanted) { return work->look(wanted); }}),
                       [progress] { return figures_of(*progress); }};
}

std::shared_ptr<journal::cold_place> make_cold_place(const node_config& config) {
  if (config.offsite.archive_url.empty()) return nullptr;
  return std::make_shared<journal::cold_objects>(
      config.offsite.archive_url,
      [url = config.offsite.archive_url, keys = config.data / "keys"] { return open_store(url, keys); });
}

journal::result<std::unique_ptr<journal::record_archive>> open_archive(std::string_view url,
                                                                       const std::filesystem::path& keys,
                                                                       const std::string& site) {
  auto line_key = load_line_key(keys);
  if (!line_key) return std::move(line_key).error();
  auto believed = journal::key_history::load(keys);
  if (!believed) return std::move(believed).error();
  auto store = open_store(url, keys);
  if (!store) return std::move(store).error();
  std::string scratch = (std::filesystem::temp_directory_path() / "logline-archive-XXXXXX").string();
  if (::mkdtemp(scratch.data()) == nullptr)
    return journal::error{
        journal::errc::store_failed, fmt::format("no scratch directory: {}", std::strerror(errno)), {}};
  ndjson::archive_options o;
  o.site = site;
  o.scratch = scratch;
  o.remove_scratch = true;
  o.keys = {*std::move(line_key)};
  o.believed = *std::move(believed);
  return std::unique_ptr<journal::record_archive>{std::make_unique<ndjson::archive>(std::move(o), *std::move(store))};
}

}  // namespace logline::cluster
