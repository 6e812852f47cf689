#include "actors/alerts.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "domain/core/invariant.hpp"

namespace logline::actors {

namespace {

struct known_alert {
  std::string_view name;
  severity weight;
};
constexpr std::array known{
    known_alert{"ARCHIVE_FAIL", severity::error},
    known_alert{"BACKUP_FAIL", severity::error},
    known_alert{"DB_SWITCH", severity::warning},
    known_alert{"FOLD_NONDETERMINISM", severity::critical},
    known_alert{"GDPR_STUCK", severity::error},
    known_alert{"INTEGRITY_MISMATCH", severity::critical},
    known_alert{"JOURNAL_CORRUPT", severity::critical},
    known_alert{"MIRROR_DIVERGED", severity::critical},
    known_alert{"MIRROR_FOREIGN", severity::critical},
    known_alert{"MIRROR_LAG", severity::warning},
    known_alert{"PARTITION_MISSING", severity::warning},
    known_alert{"PG_CONNECTIONS", severity::warning},
    known_alert{"PG_DOWN", severity::error},
    known_alert{"PG_SPLIT", severity::critical},
    known_alert{"RESTORE_FAIL", severity::error},
    known_alert{"SHIP_LAG", severity::error},
    known_alert{"SHRED_GAP", severity::critical},
    known_alert{"SUB_LAG", severity::warning},
    known_alert{"UPLOAD_FAIL", severity::error},
};

const known_alert& find(std::string_view name) {
  const auto* found = std::find_if(known.begin(), known.end(), [&](const known_alert& a) { return a.name == name; });
  LL_INVARIANT(found != known.end(), "there is no alert {}", name);
  return *found;
}

}  // namespace

void alerts::raise(std::string_view name, const std::string& what) {
  const auto& alert = find(name);
  {
    const std::lock_guard lock{mutex_};
    auto& s = states_[alert.name];
    ++s.raised;
    if (std::exchange(s.active, true)) return;
  }
  say_(alert.weight, fmt::format("ALERT {}: {}", alert.name, what));
}

void alerts::clear(std::string_view name) {
  const auto& alert = find(name);
  {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(states_[alert.name].active, false)) return;
  }
  say_(severity::warning, fmt::format("ALERT {} is over", alert.name));
}

bool alerts::is_active(std::string_view name) const {
  const std::lock_guard lock{mutex_};
  const auto found = states_.find(name);
  return found != states_.end() && found->second.active;
}

std::vector<door::figure> alerts::figures() const {
  std::vector<door::figure> out;
  const std::lock_guard lock{mutex_};
  for (const auto& alert : known) {
    const auto found = states_.find(alert.name);
    const state s = found == states_.end() ? state{} : found->second;
    out.push_back({fmt::format("alert_total{{alert=\"{}\"}}", alert.name), "Times the alert was raised.", true,
                   static_cast<double>(s.raised)});
    out.push_back({fmt::format("alert_active{{alert=\"{}\"}}", alert.name), "1: somebody should look.", false,
                   s.active ? 1.0 : 0.0});
  }
  return out;
}

}  // namespace logline::actors
