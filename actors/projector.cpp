#include "actors/projector.hpp"

#include <algorithm>

#include <caf/all.hpp>

#include "actors/directory_view.hpp"
#include "actors/harden.hpp"
#include "actors/live_view.hpp"
#include "actors/ticking.hpp"

namespace logline::actors {

projector_state::~projector_state() {
  if (desk) desk->leave(place_at_desk);
}

journal::outcome projector_state::start() {
  auto live = live_view::of(*services.log, directory_view::name);
  if (!live) return live.error();
  view = *std::move(live);
  auto cursor = services.log->view_cursor(view);
  if (!cursor) return cursor.error();
  next = core::next(*cursor);
  return core::done{};
}

void projector_state::look_soon() {
  const auto& limits = services.limits.projector;
  const auto when = ticking(self) + std::max(limits.lag, core::duration_us{limits.idle_share * last_turn.us});
  self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), when.us);
}

void projector_state::catch_up() {
  bell.answer();
  const bool more = keep_up();
  if (build_on() || more) self->send(self, atom::resume_v);
}

/// True: there is more to read.
bool projector_state::keep_up() {
  const auto began = ticking(self);
  const std::size_t most = services.limits.projector.records_per_turn;
  auto turn = directory_view::project(*services.log, view, next, most);
  if (!turn) return stop(turn.error()), false;
  if (turn->records == 0) return false;
  next = turn->next;
  last_turn = ticking(self) - began;
  return turn->records == most;
}

void projector_state::rebuild() {
  if (!desk->take_order()) return;
  building fresh{live_view::other_than(directory_view::name, view), core::gseq{1}, ticking(self)};
  if (auto dropped = services.log->drop_view(fresh.view); !dropped) return stop(dropped.error());
  anew = std::move(fresh);
  self->send(self, atom::resume_v);
}

/// True: there is more to build. The view that readers see stands still meanwhile, so the switch never takes them back.
bool projector_state::build_on() {
  if (!anew) return false;
  auto turn =
      directory_view::project(*services.log, anew->view, anew->next, services.limits.projector.records_per_turn);
  if (!turn) return stop(turn.error()), false;
  anew->next = turn->next;
  const core::gseq built{anew->next.value - 1};
  desk->advance(built, std::max(built, services.log->head().position), ticking(self) - anew->began);
  if (anew->next < next) return true;
  if (auto pointed = live_view::point_to(*services.log, directory_view::name, anew->view, built); !pointed)
    return stop(pointed.error()), false;
  const auto old = std::exchange(view, anew->view);
  next = anew->next;
  anew.reset();
  if (auto dropped = services.log->drop_view(old); !dropped) return stop(dropped.error()), false;
  desk->finish();
  return true;
}

void projector_state::stop(const journal::error& why) {
  self->quit(caf::make_error(caf::sec::runtime_error, why.text()));
}

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        follower_services services, std::shared_ptr<projection_desk> desk) {
  harden(self);
  const auto me = caf::actor_cast<follower_actor>(self);
  auto& state = self->state;
  state.self = self;
  state.bell = follower_bell{*services.feed, me};
  state.services = std::move(services);
  if (auto started = state.start(); !started)
    self->quit(caf::make_error(caf::sec::runtime_error, started.error().text()));
  state.desk = std::move(desk);
  state.place_at_desk = state.desk->attend([me] { caf::anon_send(me, atom::answered_v); });
  return {
      [self](atom::grown) { self->state.look_soon(); },
      [self](atom::resume) { self->state.catch_up(); },
      [self](atom::answered) { self->state.rebuild(); },
      [self](atom::again) { self->state.catch_up(); },
  };
}

}  // namespace logline::actors
