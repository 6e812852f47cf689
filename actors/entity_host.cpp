#include "actors/entity_host.hpp"

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

entity_host_state::~entity_host_state() {
  if (switchboard == nullptr) return;  // never started
  --services.count->hosts_awake;
  switchboard->forget(address, id);
}

void entity_host_state::start(const core::entity_type& type) {
  ++services.count->hosts_awake;
  const auto me = caf::actor_cast<entity_actor>(self);
  entity = std::make_unique<hosted_entity>(services, type, address, [me] { caf::anon_send(me, atom::settled_v); });
  services.commits->barrier([me] { caf::anon_send(me, atom::opened_v); });
}

void entity_host_state::finish_opening() {
  if (auto loaded = entity->load(); !loaded) {
    ++services.count->hosts_failed;
    for (auto& command : waiting_commands)
      command->answer.deliver(loaded.error());
    for (auto& view : waiting_views)
      view->answer.deliver(loaded.error());
    return self->quit(caf::exit_reason::unhandled_exception);
  }
  open = true;
  for (auto& command : std::exchange(waiting_commands, {}))
    entity->handle(std::move(command));
  for (auto& view : std::exchange(waiting_views, {}))
    entity->show(std::move(view));
  watch_deadline();
}

void entity_host_state::deliver(const command_message& command) {
  ++handled;
  if (!open) return waiting_commands.push_back(command);
  entity->handle(command);
  watch_deadline();
}

void entity_host_state::show(const view_message& view) {
  ++handled;
  if (!open) return waiting_views.push_back(view);
  entity->show(view);
}

void entity_host_state::attend() {
  if (entity->attend()) return;
  ++services.count->hosts_failed;
  self->quit(caf::exit_reason::unhandled_exception);
}

void entity_host_state::wake() {
  ++handled;
  if (!open) return;  // loading arms the next wake-up anew
  entity->wake();
  watch_deadline();
}

void entity_host_state::again() {
  deadline = core::never;
  if (!open) return;
  entity->ask_again();
  watch_deadline();
}

void entity_host_state::drain() {
  if (open) entity->stop_waiting();
}

void entity_host_state::retire(std::uint64_t sent) {
  if (sent != handled || !open || !entity->quiet()) return;
  if (switchboard->release(address, sent)) self->quit(caf::exit_reason::user_shutdown);
}

void entity_host_state::watch_deadline() {
  const auto next = entity->next_deadline();
  if (next >= deadline) return;
  deadline = next;
  const auto when = ticking(self) + (next - services.clock->now());
  self->send(timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), when.us);
}

entity_actor::behavior_type entity_host(entity_actor::stateful_pointer<entity_host_state> self, host_services services,
                                        const core::entity_type* type, core::address address, router* switchboard,
                                        timekeeper_actor timekeeper) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.services = std::move(services);
  state.address = std::move(address);
  state.switchboard = switchboard;
  state.id = self->id();
  state.timekeeper = std::move(timekeeper);
  state.start(*type);
  return {
      [self](atom::deliver, const command_message& command) { self->state.deliver(command); },
      [self](atom::show, const view_message& view) { self->state.show(view); },
      [self](atom::opened) { self->state.finish_opening(); },
      [self](atom::settled) { self->state.attend(); },
      [self](atom::wake) { self->state.wake(); },
      [self](atom::again) { self->state.again(); },
      [self](atom::drain) { self->state.drain(); },
      [self](atom::retire, std::uint64_t sent) { self->state.retire(sent); },
  };
}

}  // namespace logline::actors
