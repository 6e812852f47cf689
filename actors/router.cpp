#include "actors/router.hpp"

#include <malloc.h>

#include <utility>

#include <caf/all.hpp>

#include "actors/entity_host.hpp"
#include "actors/harden.hpp"

namespace logline::actors {

namespace {

core::failure no_such_type(const core::address& entity) {
  return {core::failure_kind::not_found, "UNKNOWN_TYPE", fmt::format("no entity type \"{}\"", entity.type)};
}

}  // namespace

router_state::host* router_state::find_or_wake(const core::address& entity) {
  auto found = hosts.find(entity);
  if (found == hosts.end()) {
    const auto* type = types(entity.type);
    if (type == nullptr) return nullptr;
    auto actor = self->spawn<caf::monitored>(entity_host, services, type, entity, caf::actor_cast<router_actor>(self),
                                             timekeeper);
    addresses.emplace(actor.address(), entity);
    found = hosts.emplace(entity, host{std::move(actor), 0, {}}).first;
    if (hosts.size() > crowded_at) {
      sweep();
      crowded_at = hosts.size() + limits.resident_max / 16;
    }
  }
  auto& h = found->second;
  ++h.sent;
  h.last_used = services.clock->now();
  return &h;
}

void router_state::deliver(const command_message& command) {
  if (auto* h = find_or_wake(command->request.to))
    self->send(h->actor, atom::deliver_v, command);
  else
    command->answer.deliver(no_such_type(command->request.to));
}

void router_state::show(const view_message& view) {
  if (auto* h = find_or_wake(view->entity))
    self->send(h->actor, atom::show_v, view);
  else
    view->answer.deliver(no_such_type(view->entity));
}

void router_state::wake(const core::address& entity) {
  if (auto* h = find_or_wake(entity)) self->send(h->actor, atom::wake_v);
}

// Asks those that nobody used lately to retire; over the resident limit, everybody that is at rest.
void router_state::sweep() {
  const bool crowded = hosts.size() > limits.resident_max;
  crowded_at = limits.resident_max;
  // glibc keeps what many small blocks have freed; a node that has been busy would look busy for ever.
  if (std::exchange(retired_since_trim, 0) > 10'000) ::malloc_trim(0);
  const auto idle_before = services.clock->now() - limits.idle;
  for (auto& [entity, h] : hosts)
    if (crowded || h.last_used < idle_before) self->send(h.actor, atom::retire_v, h.sent);
}

// A message may have been routed since the host said it was at rest; then the numbers differ and it stays.
void router_state::retired(const core::address& entity, std::uint64_t sent) {
  const auto found = hosts.find(entity);
  if (found == hosts.end() || found->second.sent != sent) return;
  self->send_exit(found->second.actor, caf::exit_reason::user_shutdown);
  addresses.erase(found->second.actor.address());
  hosts.erase(found);
  ++services.count->hosts_retired;
  ++retired_since_trim;
}

void router_state::forget(const caf::actor_addr& gone) {
  const auto address = addresses.find(gone);
  if (address == addresses.end()) return;
  const auto h = hosts.find(address->second);
  if (h != hosts.end() && h->second.actor.address() == gone) hosts.erase(h);
  addresses.erase(address);
}

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self, host_services services,
                                   router_limits limits, type_finder types, timekeeper_actor timekeeper) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.services = std::move(services);
  state.limits = limits;
  state.crowded_at = limits.resident_max;
  state.types = std::move(types);
  state.timekeeper = std::move(timekeeper);
  self->set_down_handler([self](const caf::down_msg& down) { self->state.forget(down.source); });
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    for (auto& [entity, h] : self->state.hosts)
      self->send_exit(h.actor, exit.reason);
    self->quit(exit.reason);
  });
  return {
      [self](atom::deliver, const command_message& command) { self->state.deliver(command); },
      [self](atom::show, const view_message& view) { self->state.show(view); },
      [self](atom::wake, const core::address& entity) { self->state.wake(entity); },
      [self](atom::sweep) { self->state.sweep(); },
      [self](atom::drain) {
        for (auto& [entity, h] : self->state.hosts)
          self->send(h.actor, atom::drain_v);
      },
      [self](atom::retired, const core::address& entity, std::uint64_t sent) { self->state.retired(entity, sent); },
  };
}

}  // namespace logline::actors
