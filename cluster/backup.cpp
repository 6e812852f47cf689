#include "cluster/backup.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "actors/restore_probe.hpp"
#include "cluster/stores.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/json.hpp"
#include "journal/backup.hpp"
#include "journal/backup_retention.hpp"
#include "journal/directory_store.hpp"
#include "journal/sealed_store.hpp"
#include "journal/shipping.hpp"

namespace logline::cluster {

namespace {

namespace fs = std::filesystem;
using journal::errc;
using journal::error;

constexpr core::duration_us ship_lag_max = core::seconds(60);
constexpr core::duration_us backup_age_max = core::hours(26);

constexpr std::uint64_t small_segments_max = 1'000;  // more than an hour's
constexpr std::size_t small_segments_kept = 12;      // the newest minute stays as it was sent

fs::path backup_directory(const node_config& config) {
  return config.backup.directory.empty() ? config.data / "backups" : config.backup.directory;
}

std::string json_string(std::string_view text) {
  std::string out;
  core::append_json_text(out, text);
  return out;
}

bool lies_below(const fs::path& file, const fs::path& directory) {
  std::error_code unknown;
  const auto below = fs::weakly_canonical(file, unknown).lexically_relative(fs::weakly_canonical(directory, unknown));
  return !below.empty() && *below.begin() != "..";
}

/// The configuration as it was given, to be kept beside the journal.
std::map<std::string, std::string> configuration_files(const node_config& config) {
  std::map<std::string, std::string> out;
  std::string lines;
  for (const auto& [key, value] : config.settings)
    lines += fmt::format("{}={}\n", key, value);
  out["config/settings"] = lines;
  if (!config.file_text.empty()) out["config/loglined.toml"] = config.file_text;
  return out;
}

std::map<std::string, std::uint64_t> schemas_of_catalogue() {
  std::map<std::string, std::uint64_t> out;
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events())
      out[std::string{event.name}] = event.version;
  return out;
}

struct counts {
  std::atomic<std::uint64_t> ok{0};
  std::atomic<std::uint64_t> fail{0};
  std::atomic<std::uint64_t> restored{0};
  std::atomic<std::uint64_t> restore_fail{0};
  std::atomic<std::int64_t> newest_us{0};  ///< when the newest backup was begun, or the node was, without one
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::int64_t> duration_ms{0};
  std::atomic<std::uint64_t> verified_gseq{0};
  std::atomic<std::uint64_t> shipped_gseq{0};
  std::atomic<std::uint64_t> ship_failures{0};
  std::atomic<std::int64_t> shipped_at_us{0};
};

/// What a job came to, as JSON, or why it failed.
using job_result = journal::result<std::string>;

class desk final : public backup_desk, public std::enable_shared_from_this<desk> {
 public:
  desk(const node_config& config, const journal::partition_log& log, std::shared_ptr<actors::alerts> alerts,
       std::function<std::uint64_t()> erasures)
      : config_(config), log_(log), alerts_(std::move(alerts)), erasures_(std::move(erasures)) {
    counts_.newest_us = counts_.shipped_at_us = actors::wall_clock().us;
  }

  /// Looks at what a wrong setting would only show at night. A place that is away keeps no node from serving: it is
  /// told by an alert.
  journal::outcome check() {
    if (!config_.backup.offsite_url.empty()) {
      if (config_.backup.offsite_key.empty())
        return error{
            errc::key_missing, "backup.offsite needs backup.offsite_key: nothing leaves the site unsealed", {}};
      if (lies_below(config_.backup.offsite_key, config_.data))
        return error{
            errc::key_missing, "backup.offsite_key lies in the data directory, with which it would be lost", {}};
      auto place = open_offsite({});
      if (!place && place.error().code != errc::store_failed) return std::move(place).error();
      if (!place) alerts_->raise("SHIP_LAG", place.error().text());
    }
    auto place = open_local();
    const auto names =
        place ? journal::backup_names(**place) : journal::result<std::vector<std::string>>{place.error()};
    if (!names) return alerts_->raise("BACKUP_FAIL", names.error().text()), core::done{};
    for (const auto& name : *names)
      if (const auto day = core::parse_rfc3339(name.substr(8, 10) + "T00:00:00Z"); day && name == names->back())
        counts_.newest_us = day->us;
    return core::done{};
  }

  std::vector<std::shared_ptr<const actors::duty>> duties() override {
    std::vector<std::shared_ptr<const actors::duty>> out;
    const auto add = [&](std::string name, core::schedule when, auto run) {
      out.push_back(std::make_shared<const actors::duty>(actors::duty{
          std::move(name), when,
          [self = shared_from_this(), run](const std::stop_token& wanted) { return run(*self, wanted); }}));
    };
    const auto& b = config_.backup;
    add("backup orders", core::schedule::every(core::seconds(1)),
        [](desk& d, const std::stop_token& wanted) { return d.serve_order(wanted); });
    if (b.enabled) {
      add("daily backup", core::schedule::daily(b.at.hour, b.at.minute),
          [](desk& d, const std::stop_token& wanted) { return d.run("backup", {}, wanted); });
      add("weekly restore probe", core::schedule::weekly(0, b.probe_at.hour, b.probe_at.minute),
          [](desk& d, const std::stop_token& wanted) { return d.run("probe", {}, wanted); });
      add("backup watch", core::schedule::every(core::minutes(1)),
          [](desk& d, const std::stop_token&) { return d.watch(); });
    }
    if (!b.offsite_url.empty())
      add("shipping", core::schedule::every(core::seconds(b.ship_s)),
          [](desk& d, const std::stop_token& wanted) { return d.ship(wanted); });
    return out;
  }

  std::vector<actors::door::figure> figures() const override {
    const auto& c = counts_;
    const auto whole = [](const auto& of) { return static_cast<double>(of.load()); };
    const auto age = [](std::int64_t since_us) {
      return static_cast<double>(std::max<std::int64_t>(0, actors::wall_clock().us - since_us)) / 1e6;
    };
    std::vector<actors::door::figure> out{
        {"backup_ok_total", "Backups that were made, or were there already.", true, whole(c.ok)},
        {"backup_fail_total", "Backups that failed.", true, whole(c.fail)},
        {"backup_rest_ok_total", "Backups that a probe restored.", true, whole(c.restored)},
        {"backup_rest_fail_total", "Probes that failed.", true, whole(c.restore_fail)},
        {"backup_age_seconds", "Since the newest backup, or the start of the node.", false, age(c.newest_us)},
        {"backup_bytes", "Of the newest backup's files.", false, whole(c.bytes)},
        {"backup_seconds", "What the newest backup took.", false, whole(c.duration_ms) / 1e3},
        {"backup_verified_gseq", "Head of the newest backup that a probe restored.", false, whole(c.verified_gseq)},
    };
    if (config_.backup.offsite_url.empty()) return out;
    out.push_back({"ship_gseq", "Newest record that is off-site.", false, whole(c.shipped_gseq)});
    out.push_back({"ship_failures_total", "Shipments that failed; each is made again.", true, whole(c.ship_failures)});
    out.push_back({"ship_lag_seconds", "Since the last shipment of all there was.", false, age(c.shipped_at_us)});
    return out;
  }

  core::outcome order(const std::string& job, const std::string& label) override {
    if (!label.empty() && !journal::is_backup_label(label))
      return core::invalid_input("a label is 1 to 32 characters of a-z 0-9 _ -", {{"/label", "must be such a name"}});
    const std::lock_guard lock{mutex_};
    if (ordered_) return core::conflict("another job waits or runs; ask again when it is done");
    ordered_ = {job, label};
    return core::done{};
  }

  core::result<std::string> report() override {
    std::string jobs;
    bool busy = false;
    {
      const std::lock_guard lock{mutex_};
      busy = ordered_.has_value();
      for (const auto& [job, last] : last_)
        jobs += fmt::format(R"({}{}:{})", jobs.empty() ? "" : ",", json_string(job), last);
    }
    auto listed = list();
    if (!listed) return journal::to_failure(listed.error());
    return fmt::format(R"({{"backups":[{}],"busy":{},"last":{{{}}}}})", *listed, busy, jobs);
  }

 private:
  fs::path keys() const { return config_.data / "keys"; }

  journal::result<std::unique_ptr<journal::object_store>> open_local() const {
    auto place = journal::directory_store::open(backup_directory(config_));
    if (!place) return std::move(place).error();
    return std::unique_ptr<journal::object_store>{*std::move(place)};
  }

  journal::result<std::unique_ptr<journal::object_store>> open_offsite(const std::stop_token& wanted) const {
    auto key = journal::sealing_key::load(config_.backup.offsite_key);
    if (!key) return std::move(key).error();
    auto place = open_store(config_.backup.offsite_url, keys(), wanted);
    if (!place) return std::move(place).error();
    const fs::path scratch = config_.data / "sealing";
    std::error_code problem;
    fs::create_directories(scratch, problem);
    if (problem) return error{errc::store_failed, "making a directory for sealed files: " + problem.message(), {}};
    return std::unique_ptr<journal::object_store>{
        std::make_unique<journal::sealed_store>(*std::move(place), *std::move(key), scratch)};
  }

  // -- jobs

  core::outcome serve_order(const std::stop_token& wanted) {
    std::optional<std::pair<std::string, std::string>> job;
    {
      const std::lock_guard lock{mutex_};
      job = ordered_;
    }
    if (!job) return core::done{};
    auto done = run(job->first, job->second, wanted);
    const std::lock_guard lock{mutex_};
    ordered_.reset();
    return done;
  }

  core::outcome run(const std::string& job, const std::string& label, const std::stop_token& wanted) {
    const std::lock_guard one_at_a_time{work_};
    const core::timestamp began = actors::wall_clock();
    auto done = job == "backup" ? back_up(label, wanted) : job == "probe" ? probe(wanted) : prune_all(wanted);
    // A node that is told to stop has not failed.
    if (!done && wanted.stop_requested()) return core::done{};
    settle(job, done ? std::string{} : done.error().text());
    const std::string outcome = done ? *done : fmt::format(R"({{"error":{}}})", json_string(done.error().text()));
    {
      const std::lock_guard lock{mutex_};
      last_[job] =
          fmt::format(R"({{"at":"{}","ok":{},"result":{}}})", core::to_rfc3339(began), done.has_value(), outcome);
    }
    if (!done) return core::unavailable(job + ": " + done.error().text());
    return core::done{};
  }

  /// Counts, alerts, and the note that keeps pruning away from a place whose last attempt failed.
  void settle(const std::string& job, const std::string& why) {
    if (job == "prune") return;
    const bool is_backup = job == "backup";
    const auto alert = is_backup ? "BACKUP_FAIL" : "RESTORE_FAIL";
    ++(is_backup ? (why.empty() ? counts_.ok : counts_.fail) : (why.empty() ? counts_.restored : counts_.restore_fail));
    if (why.empty())
      alerts_->clear(alert);
    else
      alerts_->raise(alert, why);
    auto place = open_local();
    const core::timestamp now = actors::wall_clock();
    auto noted = !place      ? journal::outcome{place.error()}
                 : is_backup ? journal::note_backup(**place, now, why.empty())
                             : journal::note_probe(**place, now, why.empty());
    if (!noted) alerts_->raise(alert, "status of the place: " + noted.error().text());
  }

  job_result back_up(const std::string& label, const std::stop_token& wanted) {
    auto place = open_local();
    if (!place) return std::move(place).error();
    const auto history = journal::key_history::load(keys());
    if (!history) return history.error();
    const auto signers = journal::load_backup_keys(keys(), *history, actors::wall_clock());
    if (!signers) return signers.error();
    const auto freeze = [this](const fs::path& directory) { return log_.freeze(directory.string()); };
    const auto made = journal::make_backup(**place, {.freeze = freeze,
                                                     .scratch = config_.data / "frozen",
                                                     .partition = {},
                                                     .site = config_.site,
                                                     .generation = config_.generation,
                                                     .label = label,
                                                     .files = configuration_files(config_),
                                                     .versions = {{"logline", LOGLINE_VERSION}},
                                                     .schemas = schemas_of_catalogue(),
                                                     .erasures = erasures_(),
                                                     .signers = *signers,
                                                     .keys = *history,
                                                     .bytes_per_second = config_.backup.rate_mb * 1'000'000,
                                                     .clock = actors::wall_clock,
                                                     .wanted = wanted});
    if (!made) return made.error();
    counts_.newest_us = made->content.at.us;
    counts_.bytes = made->bytes;
    counts_.duration_ms = made->content.duration_ms;
    auto sent = send_offsite(**place, made->name, *history, wanted);
    if (!sent) return std::move(sent).error();
    if (label.empty())
      if (auto pruned = prune_all(wanted); !pruned) return pruned;
    const auto& head = made->content.journals.front();
    return fmt::format(R"({{"name":{},"existed":{},"gseq":{},"chain":"{}","bytes":{},"new_bytes":{},"sent_bytes":{}}})",
                       json_string(made->name), made->existed, head.gseq.value, head.chain.hex(), made->bytes,
                       made->new_bytes, *sent);
  }

  journal::result<std::uint64_t> send_offsite(journal::object_store& from, const std::string& name,
                                              const journal::key_history& history, const std::stop_token& wanted) {
    if (config_.backup.offsite_url.empty()) return std::uint64_t{0};
    auto place = open_offsite(wanted);
    if (!place) return std::move(place).error();
    auto there = journal::load_backup(**place, name, history);
    if (there) return std::uint64_t{0};
    if (there.error().code != errc::not_found) return std::move(there).error();
    const auto backup = journal::load_backup(from, name, history);
    if (!backup) return backup.error();
    return journal::copy_backup(from, **place, *backup, config_.data / "frozen", wanted);
  }

  job_result probe(const std::stop_token& wanted) {
    auto place = open_local();
    if (!place) return std::move(place).error();
    const auto done = actors::probe_backup({.place = **place,
                                            .name = {},
                                            .keys = keys(),
                                            .scratch = config_.data / "probe",
                                            .types = domain::find_entity_type,
                                            .live = &log_,
                                            .clock = actors::wall_clock});
    if (!done) return done.error();
    counts_.verified_gseq = done->head.position.value;
    if (auto marked = mark_offsite(done->name, wanted); !marked) return std::move(marked).error();
    return fmt::format(R"({{"name":{},"gseq":{},"chain":"{}","entities":{},"sampled":{}}})", json_string(done->name),
                       done->head.position.value, done->head.chain.hex(), done->entities, done->sampled);
  }

  /// The copy off-site holds the same contents by digest: what was shown of one holds for the other.
  journal::outcome mark_offsite(const std::string& name, const std::stop_token& wanted) {
    if (config_.backup.offsite_url.empty()) return core::done{};
    auto place = open_offsite(wanted);
    if (!place) return std::move(place).error();
    const auto there = (*place)->list(journal::manifest_name(name));
    if (!there) return there.error();
    if (there->empty()) return core::done{};
    return (*place)->put(journal::verified_name(name), core::to_rfc3339(actors::wall_clock()));
  }

  job_result prune_all(const std::stop_token& wanted) {
    auto local = open_local();
    if (!local) return std::move(local).error();
    const auto here = prune(**local);
    if (!here) return here.error();
    if (config_.backup.offsite_url.empty() || !here->held_back.empty()) return prune_json(*here);
    auto offsite = open_offsite(wanted);
    if (!offsite) return std::move(offsite).error();
    const auto there = prune(**offsite);
    if (!there) return there.error();
    return fmt::format(R"({{"here":{},"offsite":{}}})", prune_json(*here), prune_json(*there));
  }

  journal::result<journal::prune_report> prune(journal::object_store& place) const {
    const auto history = journal::key_history::load(keys());
    if (!history) return history.error();
    return journal::prune_backups(place, *history, {}, {config_.backup.keep_days, config_.backup.keep_months},
                                  actors::wall_clock());
  }

  static std::string prune_json(const journal::prune_report& done) {
    std::string names;
    for (const auto& name : done.backups)
      names += (names.empty() ? "" : ",") + json_string(name);
    return fmt::format(R"({{"removed":[{}],"contents":{},"segments":{},"held_back":{}}})", names, done.contents,
                       done.segments, done.held_back.empty() ? "null" : json_string(done.held_back));
  }

  core::outcome watch() {
    if (actors::wall_clock() - core::timestamp{counts_.newest_us} > backup_age_max)
      alerts_->raise("BACKUP_FAIL", "there was no backup for more than 26 hours");
    return core::done{};
  }

  core::outcome ship(const std::stop_token& wanted) {
    auto sent = ship_all(wanted);
    if (sent && sent->segments > 0 && (small_segments_ += sent->segments) >= small_segments_max) {
      if (auto merged = shipper_->merge(small_segments_kept, wanted); !merged) sent = std::move(merged).error();
      if (sent) small_segments_ = 0;
    }
    if (!sent && wanted.stop_requested()) return core::done{};
    const core::timestamp now = actors::wall_clock();
    if (sent) {
      counts_.shipped_at_us = now.us;
      counts_.shipped_gseq = shipper_->position().value;
      alerts_->clear("SHIP_LAG");
      return core::done{};
    }
    ++counts_.ship_failures;
    const auto why = sent.error().text();
    // Trying again will not help where the place holds another history.
    const bool hopeless = sent.error().code == errc::chain_broken;
    if (hopeless || now - core::timestamp{counts_.shipped_at_us} > ship_lag_max) alerts_->raise("SHIP_LAG", why);
    return core::unavailable("shipping: " + why);
  }

  journal::result<journal::shipped> ship_all(const std::stop_token& wanted) {
    if (!shipper_) {
      auto place = open_offsite(wanted);
      if (!place) return std::move(place).error();
      auto history = journal::key_history::load(keys());
      if (!history) return std::move(history).error();
      auto signers = journal::load_backup_keys(keys(), *history, actors::wall_clock());
      if (!signers) return std::move(signers).error();
      ship_place_ = *std::move(place);
      shipper_.emplace(log_, *ship_place_,
                       journal::shipping_settings{.partition = {},
                                                  .site = config_.site,
                                                  .generation = config_.generation,
                                                  .signers = *std::move(signers),
                                                  .keys = *std::move(history),
                                                  .clock = actors::wall_clock});
    }
    return shipper_->ship(wanted);
  }

  journal::result<std::string> list() const {
    auto place = open_local();
    if (!place) return std::move(place).error();
    const auto history = journal::key_history::load(keys());
    if (!history) return history.error();
    const auto names = journal::backup_names(**place);
    if (!names) return names.error();
    std::string out;
    for (const auto& name : *names) {
      const auto backup = journal::load_backup(**place, name, *history);
      if (!backup) {
        out += fmt::format(R"({}{{"name":{},"ok":false,"problem":{}}})", out.empty() ? "" : ",", json_string(name),
                           json_string(backup.error().text()));
        continue;
      }
      const auto verified = (*place)->get(journal::verified_name(name), 64);
      const auto& head = backup->content.journals.front();
      out +=
          fmt::format(R"({}{{"name":{},"ok":true,"at":"{}","gseq":{},"chain":"{}","generation":{},"verified":{}}})",
                      out.empty() ? "" : ",", json_string(name), core::to_rfc3339(backup->content.at), head.gseq.value,
                      head.chain.hex(), head.generation, verified ? json_string(*verified) : "null");
    }
    return out;
  }

  const node_config config_;
  const journal::partition_log& log_;
  const std::shared_ptr<actors::alerts> alerts_;
  const std::function<std::uint64_t()> erasures_;
  counts counts_;
  std::mutex work_;                                             // one job at a time
  std::mutex mutex_;                                            // guards ordered_, last_
  std::optional<std::pair<std::string, std::string>> ordered_;  ///< job and label; there until it is done
  std::map<std::string, std::string> last_;                     ///< job → what it came to, as JSON
  std::unique_ptr<journal::object_store> ship_place_;           // by the shipping duty alone
  std::optional<journal::shipper> shipper_;
  std::uint64_t small_segments_ = 0;  ///< shipped since the last merge
};

}  // namespace

journal::result<std::shared_ptr<backup_desk>> backup_desk::open(const node_config& config,
                                                                const journal::partition_log& log,
                                                                std::shared_ptr<actors::alerts> alerts,
                                                                std::function<std::uint64_t()> erasures) {
  auto made = std::make_shared<desk>(config, log, std::move(alerts), std::move(erasures));
  if (auto sound = made->check(); !sound) return std::move(sound).error();
  return std::shared_ptr<backup_desk>{std::move(made)};
}

}  // namespace logline::cluster
