#include "actors/projector.hpp"

#include <map>

#include <caf/all.hpp>

#include "actors/directory_view.hpp"
#include "actors/harden.hpp"
#include "journal/record.hpp"

namespace logline::actors {

static constexpr std::size_t records_per_turn = 4'096;

void projector_state::catch_up() {
  bell.answer();
  std::map<std::string, journal::partition_log::view_row> rows;
  std::size_t seen = 0;
  auto read = log->scan(next, [&](const journal::record_view& r) {
    const core::address entity{std::string{r.tenant}, std::string{r.type}, std::string{r.key}};
    auto row = directory_view::row(entity, r.sequence, r.position);
    rows[row.key] = row;
    next = core::next(r.position);
    return ++seen < records_per_turn;
  });
  if (!read) return self->quit(caf::make_error(caf::sec::runtime_error, read.error().text()));
  if (seen == 0) return;
  std::vector<journal::partition_log::view_row> batch;
  batch.reserve(rows.size());
  for (auto& [key, row] : rows)
    batch.push_back(std::move(row));
  if (auto put = log->put_view(directory_view::name, core::gseq{next.value - 1}, batch); !put)
    return self->quit(caf::make_error(caf::sec::runtime_error, put.error().text()));
  self->send(self, atom::resume_v);
}

follower_actor::behavior_type projector(follower_actor::stateful_pointer<projector_state> self,
                                        journal::partition_log* log, tail* feed) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.log = log;
  state.bell = follower_bell{*feed, caf::actor_cast<follower_actor>(self)};
  auto cursor = log->view_cursor(directory_view::name);
  if (cursor)
    state.next = core::next(*cursor);
  else
    self->quit(caf::make_error(caf::sec::runtime_error, cursor.error().text()));
  return {
      [self](atom::grown) { self->state.catch_up(); },
      [self](atom::resume) { self->state.catch_up(); },
      [](atom::answered) {},
      [](atom::again) {},
  };
}

}  // namespace logline::actors
