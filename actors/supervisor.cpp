#include "actors/supervisor.hpp"

#include <algorithm>

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

void supervisor_state::start(std::size_t index) {
  auto& part = children.at(index);
  part.restart_at = core::never;
  roles.emplace(part.what.start(self).address(), index);
}

void supervisor_state::died(const caf::down_msg& down) {
  const auto found = roles.find(down.source);
  if (found == roles.end()) return;
  const std::size_t index = found->second;
  roles.erase(found);
  if (down.reason == caf::exit_reason::user_shutdown) return;  // an ordered stop is no failure
  auto& part = children.at(index);
  const auto now = ticking(self);
  part.deaths.push_back(now);
  while (part.deaths.front() < now - policy.window)
    part.deaths.pop_front();
  const std::string why = fmt::format("{} died: {}", part.what.role, caf::to_string(down.reason));
  if (part.deaths.size() > policy.restarts_max) return give_up(why + "; too often, the node stops");
  const auto shift = std::min<std::size_t>(part.deaths.size() - 1, 16);
  const auto delay = std::min(policy.backoff_first.us << shift, policy.backoff_max.us);
  report(fmt::format("{}; restarting in {} ms", why, delay / 1'000));
  part.restart_at = now + core::duration_us{delay};
  self->send(timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), part.restart_at.us);
}

void supervisor_state::restart_due() {
  core::timestamp next = core::never;
  const auto now = ticking(self);
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].restart_at <= now) start(i);
    next = std::min(next, children[i].restart_at);
  }
  if (next != core::never)
    self->send(timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), next.us);
}

void supervisor_state::stop_all(const caf::error& reason) {
  for (const auto& [address, index] : roles)
    if (auto running = caf::actor_cast<caf::actor>(address)) self->send_exit(running, reason);
  self->quit(reason);
}

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           timekeeper_actor timekeeper, restart_policy policy,
                                           std::vector<supervised> children, std::function<void(std::string)> report,
                                           std::function<void(std::string)> give_up) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.timekeeper = std::move(timekeeper);
  state.policy = policy;
  state.report = std::move(report);
  state.give_up = std::move(give_up);
  self->set_down_handler([self](const caf::down_msg& down) { self->state.died(down); });
  self->set_exit_handler([self](const caf::exit_msg& exit) { self->state.stop_all(exit.reason); });
  for (auto& part : children)
    state.children.push_back({std::move(part), {}, core::never});
  for (std::size_t i = 0; i < state.children.size(); ++i)
    state.start(i);
  return {
      [self](atom::again) { self->state.restart_due(); },
  };
}

}  // namespace logline::actors
