#include "adapters/postgres/watch.hpp"

#include <poll.h>

#include <utility>

#include <fmt/format.h>

namespace logline::postgres {

namespace {

void pause(core::duration_us d) {
  ::poll(nullptr, 0, static_cast<int>(d.us / 1'000));
}

}  // namespace

watch::watch(watch_options settings)
    : settings_(std::move(settings)),
      machine_(settings_.rules, settings_.where->current().state, settings_.where->has_other()) {
  figures_.active = settings_.where->current().state.active;
}

core::outcome watch::round(const std::stop_token& wanted) {
  bool again = false;
  for (auto step = machine_.begin(); step != watch_step::rest;) {
    if (wanted.stop_requested()) return core::done{};
    const auto active = settings_.where->current().state.active;
    switch (step) {
      case watch_step::probe_active:
        if (std::exchange(again, true)) pause(settings_.rules.confirm);
        step = machine_.told(settings_.clock(), probe(active));
        break;
      case watch_step::probe_other:
        step = machine_.told(settings_.clock(), probe(1 - active));
        break;
      case watch_step::await_promotion:
        pause(settings_.rules.promotion_poll);
        step = machine_.told(settings_.clock(), probe(1 - active));
        break;
      case watch_step::fence:
        fence();
        step = machine_.done(settings_.clock());
        break;
      case watch_step::promote:
        promote();
        step = machine_.done(settings_.clock());
        break;
      case watch_step::take_over:
        if (auto taken = take_over(); !taken) return taken;
        step = machine_.done(settings_.clock());
        break;
      case watch_step::rest:
        break;
    }
  }
  conclude();
  return core::done{};
}

probe_result watch::probe(std::uint64_t index) {
  auto address = settings_.where->server(index);
  address.patience = settings_.patience;
  auto session = connection::open(address, "logline probe");
  if (!session) return {};
  const auto found = session->run("SELECT pg_is_in_recovery()");
  if (!found) return {};
  probe_result out{found->truth(0, 0) ? server_role::standby : server_role::writable, 0};
  // A server without the schema, or whose commits this role may not read, has no epoch to speak of.
  const auto epoch =
      session->run(fmt::format("SELECT max(epoch) FROM {}.mirror_commit", connection::quoted(settings_.schema)));
  if (epoch && !epoch->is_null(0, 0)) out.epoch = static_cast<std::uint64_t>(epoch->integer(0, 0));
  if (index == settings_.where->current().state.active && session->is_open()) count_connections(*session);
  return out;
}

void watch::count_connections(connection& to) {
  const auto counted = to.run(
      "SELECT count(*), current_setting('max_connections') FROM pg_stat_activity WHERE backend_type = "
      "'client backend'");
  if (!counted) return;
  figures_.connections = static_cast<std::uint64_t>(counted->integer(0, 0));
  figures_.connections_max = static_cast<std::uint64_t>(counted->integer(0, 1));
  if (figures_.connections * 10 > figures_.connections_max * 9)
    settings_.raise("PG_CONNECTIONS", fmt::format("{} of {} connections are in use", figures_.connections.load(),
                                                  figures_.connections_max.load()));
  else
    settings_.clear("PG_CONNECTIONS");
}

// Whoever comes back behind our back is refused by his epoch all the same.
void watch::fence() {
  settings_.warn("DB SWITCH: the active PostgreSQL server takes no writes; turning to its standby");
  if (!settings_.fence) return;
  if (auto fenced = settings_.fence(); !fenced) settings_.warn("fence command: " + fenced.error().message);
}

void watch::promote() {
  if (settings_.promote) {
    const auto asked = settings_.promote();
    settings_.warn(asked ? std::string{"standby promote cmd executed"}
                         : "standby promote cmd: " + asked.error().message);
    return;
  }
  auto session = connection::open(settings_.where->server(machine_.other_index()), "logline promote");
  auto asked = session ? session->run("SELECT pg_promote(false)") : session.error();
  settings_.warn(asked ? std::string{"standby promote cmd executed"} : "pg_promote: " + asked.error().message);
}

core::outcome watch::take_over() {
  if (auto chosen = settings_.where->choose(machine_.state()); !chosen) {
    const auto why = chosen.error().text();
    machine_ = failover{settings_.rules, settings_.where->current().state, settings_.where->has_other()};
    return core::unavailable("the choice of a server could not be kept: " + why);
  }
  ++figures_.switches;
  figures_.active = machine_.state().active;
  const auto what = fmt::format("DB SWITCH: the mirror writes to server {} from now on, epoch {}",
                                machine_.state().active + 1, machine_.state().epoch);
  settings_.warn(what);
  settings_.raise("DB_SWITCH", what);
  return core::done{};
}

void watch::conclude() {
  const auto verdict = machine_.verdict();
  const bool is_up = machine_.active_takes_writes();
  figures_.is_up = is_up;
  if (verdict == watch_verdict::split)
    settings_.raise("PG_SPLIT", "both PostgreSQL servers take writes; the one of the lower epoch is not used");
  else if (is_up)
    settings_.clear("PG_SPLIT");
  if (is_up && machine_.has_standby() && verdict == watch_verdict::level) settings_.clear("DB_SWITCH");
  if (is_up) {
    down_since_.reset();
    settings_.clear("PG_DOWN");
    return;
  }
  const auto now = settings_.clock();
  if (!down_since_) down_since_ = now;
  if (now - *down_since_ >= settings_.down_max)
    settings_.raise("PG_DOWN", verdict == watch_verdict::paused
                                   ? "the standby is there, and the last switch was too recent"
                               : verdict == watch_verdict::not_promoted ? "the standby was not promoted in time"
                                                                        : "no PostgreSQL server takes writes");
}

}  // namespace logline::postgres
