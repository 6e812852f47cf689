#include "actors/mirroring.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"
#include "journal/merkle.hpp"

namespace logline::actors {

// Where the target failed the next attempt is arranged already.
void mirroring_state::look_soon() {
  if (attempts == 0) look_after(part.linger.value_or(services.limits.mirror.linger));
}

void mirroring_state::catch_up() {
  bell.answer();
  if (part.progress->diverged) return;
  if (!is_open && !open()) return;
  if (!read_batch()) return;
  if (views.empty()) {
    tell_lag({0});
    if (auto rested = part.target->rest(); !rested) return try_later(rested.error());
    return look_after(services.limits.mirror.rest);
  }
  tell_lag(services.clock->now() - views.front().at);
  if (write_batch()) self->send(self, atom::resume_v);
}

// A node that stops in order leaves its copies level, unless they have far to go.
void mirroring_state::finish() {
  constexpr int batches_max = 16;
  if (part.progress->diverged || (!is_open && !open())) return;
  for (int i = 0; i < batches_max; ++i)
    if (!read_batch() || views.empty() || !write_batch()) return;
}

bool mirroring_state::open() {
  auto stands = part.target->open();
  if (!stands) return failed(stands.error()), false;
  const auto here = services.log->chain_at(stands->position);
  if (!here && here.error().code != journal::errc::not_found) return try_later(here.error()), false;
  if (!here || *here != stands->chain) {
    stop_diverged(fmt::format("at gseq {} it {}", stands->position.value,
                              here ? "holds another record than the journal" : "is ahead of the journal"));
    return false;
  }
  stands_at(*stands);
  is_open = true;
  return true;
}

bool mirroring_state::read_batch() {
  const auto& limits = services.limits.mirror;
  bytes.clear();
  ends.clear();
  views.clear();
  auto read = services.log->scan(core::next(at.position), [&](const journal::record_view& r) {
    bytes += r.bytes;
    ends.push_back(bytes.size());
    return ends.size() < limits.records_per_batch && bytes.size() < limits.bytes_per_batch;
  });
  if (!read) return try_later(read.error()), false;
  views.resize(ends.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (auto seen = journal::read_record(std::string_view{bytes}.substr(begin, ends[i] - begin), views[i]); !seen)
      return try_later(seen.error()), false;
    begin = ends[i];
  }
  return true;
}

bool mirroring_state::write_batch() {
  journal::mirror_position after = at;
  for (const auto& r : views)
    after = {r.position, journal::chain_hash(after.chain, journal::leaf_hash(r.bytes))};
  if (auto written = part.target->append(views, after); !written) return failed(written.error()), false;
  stands_at(after);
  attempts = 0;
  return true;
}

void mirroring_state::stands_at(const journal::mirror_position& position) {
  at = position;
  part.progress->position = at.position.value;
  if (part.advanced) part.advanced(at.position);
}

void mirroring_state::failed(const journal::error& why) {
  using journal::errc;
  const bool is_of_another = why.code == errc::chain_broken || why.code == errc::position_gap ||
                             why.code == errc::store_corrupt || why.code == errc::bad_signature;
  return is_of_another ? stop_diverged(why.text()) : try_later(why);
}

// The target says anew where it stands: what was half-written when it failed is its own to know.
void mirroring_state::try_later(const journal::error& why) {
  const auto& limits = services.limits.mirror;
  is_open = false;
  ++part.progress->failures;
  if (!failing_since) failing_since = services.clock->now();
  note_lag();
  const auto shift = std::min<std::uint32_t>(attempts++, 20);
  const core::duration_us delay{std::min(limits.retry_first.us << shift, limits.retry_max.us)};
  report(fmt::format("mirror {}: {}; trying again in {} ms", part.name, why.text(), delay.us / 1'000));
  look_after(delay);
}

// A target that fails says nothing of how far it is behind: the log does, from where the target was known to stand.
void mirroring_state::note_lag() {
  std::optional<core::timestamp> oldest;
  const auto read = services.log->scan(core::next(at.position), [&](const journal::record_view& r) {
    oldest = r.at;
    return false;
  });
  if (!read || !oldest) return;
  const auto since = at.position.value == 0 ? std::max(*oldest, *failing_since) : *oldest;
  tell_lag(services.clock->now() - since);
}

void mirroring_state::tell_lag(core::duration_us lag) {
  part.progress->behind_us = std::max<std::int64_t>(0, lag.us);
  const bool late = lag > services.limits.mirror.lag_max;
  if (late)
    services.alerts->raise("MIRROR_LAG", fmt::format("mirror {} is {} s behind", part.name, lag.us / 1'000'000));
  else if (is_late)
    services.alerts->clear("MIRROR_LAG");
  is_late = late;
}

void mirroring_state::look_after(core::duration_us delay) {
  const auto when = ticking(self) + delay;
  self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), when.us);
}

void mirroring_state::stop_diverged(const std::string& why) {
  part.progress->diverged = true;
  services.alerts->raise("MIRROR_DIVERGED", fmt::format("mirror {} is stopped: {}", part.name, why));
}

follower_actor::behavior_type mirroring(follower_actor::stateful_pointer<mirroring_state> self,
                                        follower_services services, mirror_part part,
                                        std::function<void(std::string)> report) {
  harden(self);
  auto& state = self->state;
  state.self = self;
  state.bell = follower_bell{*services.feed, caf::actor_cast<follower_actor>(self)};
  state.services = std::move(services);
  state.part = std::move(part);
  state.report = std::move(report);
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    if (exit.reason == caf::exit_reason::user_shutdown) self->state.finish();
    self->quit(exit.reason);
  });
  return {
      [self](atom::grown) { self->state.look_soon(); },
      [self](atom::resume) { self->state.catch_up(); },
      [](atom::answered) {},
      [self](atom::again) { self->state.catch_up(); },
  };
}

}  // namespace logline::actors
