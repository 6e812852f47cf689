#include "journal/backup_retention.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "journal/backup.hpp"
#include "journal/described_json.hpp"
#include "journal/segment.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view status_name = "status.json";
constexpr core::duration_us pending_max = core::days(2);  // what is pending longer was cut off

core::timestamp days_before(core::timestamp now, std::uint32_t days) {
  return now - core::days(days);
}

/// Months since the year 0.
std::int64_t month_of(core::timestamp at) {
  const std::string text = core::to_rfc3339(at);
  return std::stoll(text.substr(0, 4)) * 12 + std::stoll(text.substr(5, 2)) - 1;
}

/// The newest at or before a time: from it any later point is reached.
const kept_backup* base_at(const std::vector<kept_backup>& sorted, core::timestamp t) {
  const kept_backup* out = nullptr;
  for (const auto& b : sorted)
    if (b.at <= t) out = &b;
  return out;
}

std::vector<kept_backup> by_time(std::span<const kept_backup> all) {
  std::vector<kept_backup> out{all.begin(), all.end()};
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

}  // namespace

constexpr auto describe(core::type_tag<backup_status>) {
  using core::field;
  using f = backup_status;
  return core::description<f>("status", "", field("backup_at", &f::backup_at, {.optional = true}),
                              field("backup_ok", &f::backup_ok), field("probe_at", &f::probe_at, {.optional = true}),
                              field("probe_ok", &f::probe_ok));
}

std::vector<std::string> backups_to_remove(std::span<const kept_backup> all, const retention_policy& policy,
                                           core::timestamp now, bool healthy) {
  const bool any_verified = std::any_of(all.begin(), all.end(), [](const kept_backup& b) { return b.verified; });
  if (!healthy || !any_verified) return {};
  const auto sorted = by_time(all);
  std::set<std::string> stay{sorted.back().name};
  for (auto b = sorted.rbegin(); b != sorted.rend(); ++b) {
    if (!b->verified) continue;
    stay.insert(b->name);
    break;
  }
  const core::timestamp window = days_before(now, policy.days);
  if (const auto* base = base_at(sorted, window)) stay.insert(base->name);
  std::int64_t month_taken = -1;
  for (const auto& b : sorted) {
    if (b.at > window) stay.insert(b.name);
    const std::int64_t month = month_of(b.at);
    if (b.labelled || month == month_taken) continue;
    month_taken = month;
    if (month + policy.months > month_of(now)) stay.insert(b.name);
  }
  std::vector<std::string> out;
  for (const auto& b : sorted)
    if (!stay.contains(b.name)) out.push_back(b.name);
  return out;
}

result<backup_status> read_backup_status(object_store& from) {
  const auto text = from.get(status_name, 4096);
  if (!text && text.error().code == errc::not_found) return backup_status{};
  if (!text) return text.error();
  return from_json<backup_status>(*text, status_name);
}

namespace {

template <class Change>
outcome change_status(object_store& at, Change change) {
  auto status = read_backup_status(at);
  // A damaged status says only that it is not known how things went: what happened now is written over it.
  if (!status && status.error().code != errc::bad_encoding) return std::move(status).error();
  backup_status next = status ? *status : backup_status{};
  change(next);
  return at.put(status_name, to_json(next) + '\n');
}

}  // namespace

outcome note_backup(object_store& at, core::timestamp now, bool ok) {
  return change_status(at, [&](backup_status& s) {
    s.backup_at = now;
    s.backup_ok = ok;
  });
}

outcome note_probe(object_store& at, core::timestamp now, bool ok) {
  return change_status(at, [&](backup_status& s) {
    s.probe_at = now;
    s.probe_ok = ok;
  });
}

namespace {

class pruning {
 public:
  pruning(object_store& place, const key_history& keys, core::partition_id partition, const retention_policy& policy,
          core::timestamp now)
      : place_(place), keys_(keys), partition_(partition), policy_(policy), now_(now) {}

  result<prune_report> run() {
    const auto status = read_backup_status(place_);
    if (!status) return status.error();
    if (!status->healthy()) return held_back(status->backup_ok ? "the last probe failed" : "the last backup failed");
    if (auto read = read_backups(); !read) return std::move(read).error();
    auto busy = is_being_written();
    if (!busy) return std::move(busy).error();
    if (*busy) return held_back("a backup is being written");
    if (std::none_of(known_.begin(), known_.end(), [](const kept_backup& b) { return b.verified; }))
      return held_back("no backup is verified yet");
    report_.backups = backups_to_remove(known_, policy_, now_, true);
    const std::set<std::string> gone{report_.backups.begin(), report_.backups.end()};
    for (const auto& name : report_.backups)
      if (auto removed = remove_backup(name); !removed) return std::move(removed).error();
    std::erase_if(backups_, [&](const stored_backup& b) { return gone.contains(b.name); });
    if (auto removed = remove_contents(); !removed) return std::move(removed).error();
    if (auto removed = remove_segments(); !removed) return std::move(removed).error();
    return std::move(report_);
  }

 private:
  prune_report held_back(std::string why) {
    report_.held_back = std::move(why);
    return std::move(report_);
  }

  outcome read_backups() {
    const auto names = backup_names(place_);
    if (!names) return names.error();
    for (const auto& name : *names) {
      auto backup = load_backup(place_, name, keys_);
      if (!backup) return std::move(backup).error();
      const auto verified = place_.get(verified_name(name), 64);
      if (!verified && verified.error().code != errc::not_found) return verified.error();
      known_.push_back({name, backup->content.at, verified.has_value(), !backup->content.label.empty()});
      backups_.push_back(*std::move(backup));
    }
    return core::done{};
  }

  result<bool> is_being_written() {
    const auto listed = place_.list(backups_prefix);
    if (!listed) return listed.error();
    for (const auto& each : *listed) {
      if (!each.name.ends_with("/pending")) continue;
      const auto text = place_.get(each.name, 64);
      const auto since = text ? core::parse_rfc3339(*text) : core::result<core::timestamp>{core::not_found("")};
      if (!since || now_ - *since < pending_max) return true;
    }
    return false;
  }

  outcome remove_backup(const std::string& name) {
    for (const auto& object : {manifest_name(name), signature_name(name), verified_name(name), pending_name(name)})
      if (auto removed = place_.remove(object); !removed) return removed;
    return core::done{};
  }

  outcome remove_contents() {
    std::set<std::string> needed;
    for (const auto& b : backups_)
      for (const auto& file : b.content.files)
        needed.insert(content_name(file.sha256));
    const auto listed = place_.list(contents_prefix);
    if (!listed) return listed.error();
    for (const auto& each : *listed) {
      if (needed.contains(each.name)) continue;
      if (auto removed = place_.remove(each.name); !removed) return removed;
      ++report_.contents;
    }
    return core::done{};
  }

  /// Those before the base from which every point of the last days is reached.
  outcome remove_segments() {
    const auto sorted = by_time(known_);
    const auto* base = base_at(sorted, days_before(now_, policy_.days));
    if (base == nullptr) return core::done{};
    const auto stored =
        std::find_if(backups_.begin(), backups_.end(), [&](const stored_backup& b) { return b.name == base->name; });
    if (stored == backups_.end()) return core::done{};
    const core::gseq covered = stored->content.journals.front().gseq;
    const auto segments = list_segments(place_, partition_);
    if (!segments) return segments.error();
    for (std::size_t i = 0; i < segments->size(); ++i) {
      // The first and last of a generation stay: they say which history is whose.
      const segment_name& segment = (*segments)[i];
      const bool first = i == 0 || (*segments)[i - 1].generation != segment.generation;
      const bool last = i + 1 == segments->size() || (*segments)[i + 1].generation != segment.generation;
      if (segment.last > covered || first || last) continue;
      if (auto removed = place_.remove(segment.text()); !removed) return removed;
      ++report_.segments;
    }
    return core::done{};
  }

  object_store& place_;
  const key_history& keys_;
  const core::partition_id partition_;
  const retention_policy& policy_;
  const core::timestamp now_;
  std::vector<stored_backup> backups_;
  std::vector<kept_backup> known_;
  prune_report report_;
};

}  // namespace

result<prune_report> prune_backups(object_store& place, const key_history& keys, core::partition_id partition,
                                   const retention_policy& policy, core::timestamp now) {
  return pruning{place, keys, partition, policy, now}.run();
}

}  // namespace logline::journal
