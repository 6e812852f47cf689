#include "actors/mirror_watch.hpp"

#include <utility>

#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::actors {

// What a mirror says of its lag is as old as its last look, and one whose target hangs does not look: the log is asked.
core::outcome mirror_watch::look(const std::vector<mirror_status>& mirrors, core::timestamp now, alerts& to) {
  std::string late;
  for (const auto& mirror : mirrors) {
    core::duration_us lag;
    if (mirror.position < log_.head().position) {
      auto read = log_.scan(core::next(mirror.position), [&](const journal::record_view& r) {
        lag = now - r.at;
        return false;
      });
      if (!read) return journal::to_failure(read.error());
    }
    if (lag <= lag_max) {
      late_since_.erase(mirror.name);
      continue;
    }
    const auto since = late_since_.emplace(mirror.name, now).first->second;
    if (now - since < patience) continue;
    late += fmt::format("{}mirror {} lacks {} records, the oldest {} s old", late.empty() ? "" : "; ", mirror.name,
                        mirror.lag_events, lag.us / 1'000'000);
  }
  // A mirror raises the alert for itself when it looks; that one is its own to clear.
  if (!late.empty()) {
    to.raise("MIRROR_LAG", late);
    is_raised_ = true;
  } else if (std::exchange(is_raised_, false)) {
    to.clear("MIRROR_LAG");
  }
  return core::done{};
}

}  // namespace logline::actors
