#include "actors/projector.hpp"

#include <algorithm>
#include <unordered_map>

#include <caf/all.hpp>

#include "actors/directory_view.hpp"
#include "actors/harden.hpp"
#include "actors/ticking.hpp"
#include "journal/record.hpp"

namespace logline::actors {

namespace {

struct standing {
  core::eseq sequence;
  core::gseq last;
};

}  // namespace

void projector_state::look_soon() {
  const auto& limits = services.limits.projector;
  const auto when = ticking(self) + std::max(limits.lag, core::duration_us{limits.idle_share * last_turn.us});
  self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), when.us);
}

void projector_state::catch_up() {
  bell.answer();
  const auto began = ticking(self);
  const std::size_t most = services.limits.projector.records_per_turn;
  std::unordered_map<std::string, standing> seen;
  std::string key;
  std::size_t records = 0;
  auto read = services.log->scan(next, [&](const journal::record_view& r) {
    directory_view::make_key(r.tenant, r.type, r.key, key);
    seen[key] = {r.sequence, r.position};
    next = core::next(r.position);
    return ++records < most;
  });
  if (!read) return self->quit(caf::make_error(caf::sec::runtime_error, read.error().text()));
  if (records == 0) return;
  std::vector<journal::partition_log::view_row> rows;
  rows.reserve(seen.size());
  for (auto& [row_key, at] : seen)
    rows.push_back(directory_view::row(row_key, at.sequence, at.last));
  // In key order, so that the store's insertions each start where the last one ended.
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  if (auto put = services.log->put_view(directory_view::name, core::gseq{next.value - 1}, rows); !put)
    return self->quit(caf::make_error(caf::sec::runtime_error, put.error().text()));
  last_turn = ticking(self) - began;
  if (records == most) self->send(self, atom::resume_v);
}

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        follower_services services) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.bell = follower_bell{*services.feed, caf::actor_cast<follower_actor>(self)};
  auto cursor = services.log->view_cursor(directory_view::name);
  if (cursor)
    state.next = core::next(*cursor);
  else
    self->quit(caf::make_error(caf::sec::runtime_error, cursor.error().text()));
  state.services = std::move(services);
  return {
      [self](atom::grown) { self->state.look_soon(); },
      [self](atom::resume) { self->state.catch_up(); },
      [](atom::answered) {},
      [self](atom::again) { self->state.catch_up(); },
  };
}

}  // namespace logline::actors
