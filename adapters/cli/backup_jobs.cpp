#include "adapters/cli/backup_jobs.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/render.hpp"

namespace logline::cli {

namespace {

constexpr int look_first_ms = 100;
constexpr int look_most_ms = 2'000;

core::result<std::string, trouble> report_of(node_client& node) {
  return accepted(node.get("/v2/backups"));
}

/// What the node says of the job's last run; empty where it never ran.
std::string last_of(const std::string& report, const std::string& job) {
  const std::string last = member_of(report, "last");
  return member_of(last, job);
}

}  // namespace

void order_job(const std::string& job, const std::string& label, invocation& run) {
  auto token = find_token(run.given, run.env);
  if (!token) return run.fail(token.error());
  node_client node{run.given, *std::move(token), run.env};
  auto before = report_of(node);
  if (!before) return run.fail(before.error());
  const std::string path = job == "backup"
                               ? "/v2/backups" + (label.empty() ? std::string{} : "?label=" + percent_encoded(label))
                               : "/v2/backups/" + job;
  if (auto taken = accepted(node.post(path, "", {})); !taken) return run.fail(taken.error());
  // The job may take long; how long is the node's affair, and whoever waits may go.
  for (int pause_ms = look_first_ms;; pause_ms = std::min(2 * pause_ms, look_most_ms)) {
    ::poll(nullptr, 0, pause_ms);
    auto now = report_of(node);
    if (!now) return run.fail(now.error());
    const std::string last = last_of(*now, job);
    if (member_of(*now, "busy") == "true" || last.empty() || last == last_of(*before, job)) continue;
    print_object(run.env.out, run.given.format, member_of(last, "result"));
    if (member_of(last, "ok") != "true") run.exit = job == "probe" ? exit_unverified : exit_refused;
    return;
  }
}

}  // namespace logline::cli
