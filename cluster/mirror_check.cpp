#include "cluster/mirror_check.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "adapters/ndjson/reader.hpp"
#include "adapters/postgres/check.hpp"
#include "cluster/line_keys.hpp"
#include "cluster/mirrors.hpp"
#include "cluster/postgres.hpp"

namespace logline::cluster {

namespace {

constexpr std::string_view alert_name = "INTEGRITY_MISMATCH";

/// What the runs share; by the duty's thread, figures by any.
struct progress {
  std::atomic<std::uint64_t> ndjson{0};    ///< newest record found equal
  std::atomic<std::uint64_t> postgres{0};  ///< the same
  bool raised = false;
};

struct findings {
  std::vector<std::string> differs;
  std::vector<std::string> unread;  ///< what could not be looked at
};

bool is_sunday(core::timestamp now) {
  return (now.us / core::days(1).us + 4) % 7 == 0;  // 1970 began on a Thursday
}

void check_database(const node_config& config, const journal::partition_log& log, core::gseq first, progress& seen,
                    findings& found) {
  const auto server = active_server(config);
  if (!server) return found.unread.push_back("postgres: " + server.error().text());
  postgres::check_scope scope;
  scope.schema = config.postgres.schema;
  scope.first = first;
  const auto checked = postgres::check(log, *server, scope, [](core::gseq) {});
  if (!checked) return found.unread.push_back("postgres: " + checked.error().text());
  for (const auto& one : checked->differs)
    found.differs.push_back(fmt::format("postgres gseq {} to {}: {}", one.first.value, one.last.value, one.what));
  if (checked->differs.empty()) seen.postgres = checked->last.value;
}

void check_files(const node_config& config, const journal::site_public_key& site_key, const journal::partition_log& log,
                 progress& seen, findings& found) {
  const auto key = load_line_key(config.data / "keys");
  if (!key) return found.unread.push_back("ndjson: " + key.error().text());
  const auto report = ndjson::verify(ndjson_directory(config), {*key}, site_key);
  if (report.damage) return found.differs.push_back("ndjson: " + report.damage->text());
  for (const auto& range : report.ranges) {
    const auto here = log.chain_at(range.last);
    if (!here && here.error().code != journal::errc::not_found)
      return found.unread.push_back("ndjson: " + here.error().text());
    if (!here || *here != range.digest)
      return found.differs.push_back(fmt::format("ndjson gseq {} to {}: {}", range.first.value, range.last.value,
                                                 here ? "another hash" : "beyond the journal"));
    seen.ndjson = range.last.value;
  }
}

core::outcome conclude(const findings& found, progress& seen, actors::alerts& alerts) {
  if (!found.differs.empty()) {
    alerts.raise(alert_name, fmt::format("{}", fmt::join(found.differs, "; ")));
    seen.raised = true;
  } else if (found.unread.empty() && std::exchange(seen.raised, false)) {
    alerts.clear(alert_name);
  }
  if (!found.unread.empty()) return core::unavailable(fmt::format("{}", fmt::join(found.unread, "; ")));
  return core::done{};
}

}  // namespace

measured_duty make_mirror_check(const node_config& config, const journal::site_public_key& site_key,
                                std::function<const journal::partition_log*()> log,
                                std::shared_ptr<actors::alerts> alerts) {
  const auto seen = std::make_shared<progress>();
  const bool always = config.mirror_verify_s > 0;
  const auto run = [config, site_key, log = std::move(log), alerts = std::move(alerts), seen,
                    always](const std::stop_token&) {
    const auto* const journal = log();
    if (journal == nullptr) return core::outcome{core::done{}};
    const auto now = actors::wall_clock();
    const bool whole = always || is_sunday(now);
    findings found;
    if (!config.postgres.url.empty()) {
      core::gseq before;
      if (!whole) {
        const auto yesterday = journal->position_at(now - core::hours(24));
        if (!yesterday) return core::outcome{core::unavailable(yesterday.error().text())};
        before = *yesterday;
      }
      check_database(config, *journal, core::next(before), *seen, found);
    }
    if (config.ndjson && whole) check_files(config, site_key, *journal, *seen, found);
    return conclude(found, *seen, *alerts);
  };
  const auto when = always ? core::schedule::every(core::seconds(config.mirror_verify_s))
                           : core::schedule::daily(config.mirror_verify_at.hour, config.mirror_verify_at.minute);
  return {
      std::make_shared<const actors::duty>(actors::duty{"mirror check", when, run}), [seen] {
        const auto figure = [](std::string_view mirror, std::uint64_t n) {
          return actors::door::figure{fmt::format("mirror_verified_gseq{{mirror=\"{}\"}}", mirror),
                                      "Newest record that a comparison with the journal found equal.", false,
                                      static_cast<double>(n)};
        };
        return std::vector<actors::door::figure>{figure("ndjson", seen->ndjson), figure("postgres", seen->postgres)};
      }};
}

}  // namespace logline::cluster
