#include "actors/digester.hpp"

#include <caf/all.hpp>

#include "actors/directory_view.hpp"
#include "actors/harden.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

static constexpr std::size_t window = 256;

void digester_state::enqueue(const digest_message& request) {
  requests.push_back(request);
  if (requests.size() == 1) proceed();
}

// The walk needs a directory that has seen every record up to the head.
void digester_state::proceed() {
  if (requests.empty() || digest) return;
  position = log->head().position;
  auto cursor = directory_view::cursor(*log);
  if (!cursor) return finish(journal::to_failure(cursor.error()));
  if (*cursor < position) {
    const auto soon = ticking(self) + core::milliseconds(5);
    self->send(timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), soon.us);
    return;
  }
  digest = std::make_unique<digest_builder>();
  last_address.clear();
  ask_next_page();
}

void digester_state::ask_next_page() {
  auto entries = directory_view::list(*log, {}, {}, last_address, window);
  if (!entries) return finish(entries.error());
  if (entries->empty()) {
    if (log->head().position != position)
      return finish(
          core::unavailable("the log moved while its entities were digested; ask again when the node is at rest"));
    return finish(digest->finish(position));
  }
  page.clear();
  page_size = entries->size();
  last_address = entries->back().entity.text();
  for (auto& entry : *entries) {
    const auto entity = entry.entity;
    entrance->show(entity, as_of_now{},
                   reply<entity_view>{[me = caf::actor_cast<digester_actor>(self), box = arrived,
                                       entity](core::result<entity_view> view) {
                     if (box->put({entity, std::move(view)})) caf::anon_send(me, atom::answered_v);
                   }});
  }
}

void digester_state::collect() {
  for (auto& [entity, view] : arrived->take()) {
    if (!digest) continue;  // a walk that failed meanwhile
    if (!view) {
      finish(view.error());
      continue;
    }
    page.emplace(entity, *std::move(view));
  }
  if (!digest || page.size() < page_size) return;
  for (const auto& [entity, view] : page)
    digest->add(entity, view.sequence, view.hash);
  ask_next_page();
}

void digester_state::finish(core::result<state_digest> answer) {
  digest.reset();
  auto request = std::move(requests.front());
  requests.pop_front();
  request->answer.deliver(std::move(answer));
  // Views of a failed walk must not be taken for those of the next one.
  arrived = std::make_shared<inbox<seen>>();
  proceed();
}

digester_actor::behavior_type digester(digester_actor::stateful_pointer<digester_state> self,
                                       journal::partition_log* log, door* entrance, timekeeper_actor timekeeper) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.log = log;
  state.entrance = entrance;
  state.timekeeper = std::move(timekeeper);
  state.arrived = std::make_shared<inbox<digester_state::seen>>();
  return {
      [self](atom::digest, const digest_message& request) { self->state.enqueue(request); },
      [self](atom::answered) { self->state.collect(); },
      [self](atom::again) { self->state.proceed(); },
  };
}

}  // namespace logline::actors
