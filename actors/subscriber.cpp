#include "actors/subscriber.hpp"

#include <algorithm>

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"
#include "domain/core/process.hpp"
#include "domain/messaging/subscription.hpp"
#include "journal/errc.hpp"

namespace logline::actors {

namespace {

constexpr core::duration_us wait_max = core::seconds(5);  // SUB-02
constexpr std::size_t subjects_max = 10'000;              // remembered while nobody pulls
constexpr std::uint64_t quiet_step = 4'096;  // records without an event that are worth a cursor of their own

core::result<core::command_box> boxed(const core::entity_type& type, const messaging::pull& command) {
  core::result<core::command_box> box = core::invalid_input("not decoded");
  auto parsed = core::read_msgpack(core::to_msgpack(command), [&](const core::source& body) {
    box = type.decode_command(core::codec<messaging::pull>::about.name, body, nullptr);
  });
  if (!parsed) return parsed.error();
  return box;
}

}  // namespace

subscriber_state::~subscriber_state() {
  if (desk) desk->leave(place_at_desk);
}

void subscriber_state::collect() {
  for (auto& order : desk->take()) {
    if (waiting >= pull_desk::waiting_max) {
      order.answer.deliver(core::overloaded("too many pulls wait"));
      continue;
    }
    ++waiting;
    const auto patience = std::clamp(order.request.wait, core::duration_us{}, wait_max);
    subjects[order.request.subscription].pulls.push_back({std::move(order), ticking(self) + patience, false});
  }
  for (auto& [address, answer] : answers->take())
    if (const auto found = subjects.find(address); found != subjects.end()) answered(address, found->second, answer);
  for (auto& [address, s] : subjects)
    serve(address, s);
  forget_idle();
  set_alarm();
}

void subscriber_state::grown() {
  bell.answer();
  for (auto& [address, s] : subjects) {
    s.is_at_head = false;
    if (s.is_full) s.has_news = true;
    serve(address, s);
  }
  set_alarm();
}

void subscriber_state::go_on() {
  for (auto& [address, s] : subjects)
    serve(address, s);
  set_alarm();
}

// Whose time is up gets nothing; but what is being asked for one may still bring something.
void subscriber_state::pass_time() {
  const auto now = ticking(self);
  for (auto& [address, s] : subjects) {
    const auto first = s.pulls.begin() + (s.is_busy ? 1 : 0);
    const auto late = std::stable_partition(first, s.pulls.end(), [&](const auto& p) { return p.deadline > now; });
    for (auto it = late; it != s.pulls.end(); ++it)
      it->order.answer.deliver(pulled{});
    waiting -= static_cast<std::size_t>(s.pulls.end() - late);
    s.pulls.erase(late, s.pulls.end());
    if (s.next <= now) {
      s.next = core::never;
      s.has_news = true;
    }
    serve(address, s);
  }
  set_alarm();
}

void subscriber_state::serve(const core::address& address, subject& s) {
  while (!s.is_busy && !s.pulls.empty()) {
    const auto untried = std::find_if(s.pulls.begin(), s.pulls.end(), [](const auto& p) { return !p.was_tried; });
    if (untried != s.pulls.end()) std::rotate(s.pulls.begin(), untried, std::next(untried));
    found_events found;
    found.to = s.clear;
    if (!read_on(address, s, found)) continue;
    const bool is_new = !s.pulls.front().was_tried;
    if (is_new || s.has_news || !found.events.empty() || found.to.value >= s.cursor.value + quiet_step)
      return ask(address, s, std::move(found));
    if (!s.is_at_head && !s.is_full && s.plan) self->send(self, atom::resume_v);
    return;
  }
}

/// False: the log could not be read, and the first pull has been told so.
bool subscriber_state::read_on(const core::address& address, subject& s, found_events& found) {
  if (!s.plan || s.is_full || s.is_at_head) return true;
  reading_bounds bounds;
  bounds.events = static_cast<std::size_t>(std::clamp<std::int64_t>(s.pulls.front().order.request.limit, 1, 100));
  auto read = read_matching(*services.log, address, s.plan->filter, s.clear, bounds);
  if (!read) return finish(s, read.error()), false;
  found = *std::move(read);
  s.has_news = s.has_news || found.touches_own;
  s.is_at_head = found.at_head && found.events.empty();
  if (found.events.empty()) s.clear = found.to;
  return true;
}

void subscriber_state::ask(const core::address& address, subject& s, found_events found) {
  const auto* type = services.types(messaging::own_type);
  LL_INVARIANT(type != nullptr, "the program has no type {}", messaging::own_type);
  const auto& request = s.pulls.front().order.request;
  messaging::pull command;
  command.member = request.member;
  command.limit = request.limit;
  command.by = request.by.value;
  command.revision = s.plan ? s.plan->revision : 0;
  command.from = s.cursor;
  command.to = found.to;
  s.offered = found.events.size();
  command.found = std::move(found.events);
  auto box = boxed(*type, command);
  if (!box) {
    finish(s, box.error());
    return serve(address, s);
  }
  s.is_busy = true;
  s.has_news = false;
  s.pulls.front().was_tried = true;
  command_request order;
  order.to = address;
  order.command = *std::move(box);
  order.principal = core::principal_id{std::string{messaging::reader_principal}};
  services.entrance->submit(
      std::move(order),
      reply<command_reply>{[to = answers, address, me = caf::actor_cast<follower_actor>(self)](auto said) {
        if (to->put({address, std::move(said)})) caf::anon_send(me, atom::answered_v);
      }});
}

void subscriber_state::answered(const core::address& address, subject& s, const core::result<command_reply>& answer) {
  s.is_busy = false;
  LL_INVARIANT(!s.pulls.empty(), "an answer for {} that nobody waits for", address.text());
  if (!answer) return finish(s, answer.error());
  auto said = core::from_msgpack<messaging::pulled_events>(answer->reply);
  if (!said) return finish(s, said.error());
  if (auto learned = learn(address, s, *said); !learned) return finish(s, learned.error());
  if (!said->events.empty()) deliver(s, *said);
}

core::outcome subscriber_state::learn(const core::address& address, subject& s, messaging::pulled_events& said) {
  const auto before = s.cursor;
  s.is_full = said.is_full;
  s.next = said.next ? ticking(self) + (*said.next - services.clock->now()) : core::never;
  if (said.plan) {
    auto start = said.cursor ? core::result<core::gseq>{*said.cursor} : start_of(*services.log, address, *said.plan);
    if (!start) return start.error();
    s.plan = *std::move(said.plan);
    s.cursor = s.clear = *start;
    s.is_at_head = false;
    s.has_news = true;
    return core::done{};
  }
  if (said.cursor) s.cursor = *said.cursor;
  // What was offered and not taken has to be read again.
  s.clear = s.offered > 0 ? s.cursor : std::max(s.clear, s.cursor);
  if (s.offered > 0) s.is_at_head = false;
  // More may be had: of what was given out now, or of lanes that were looked past.
  if (!said.events.empty() || s.cursor > before) s.has_news = true;
  return core::done{};
}

void subscriber_state::deliver(subject& s, const messaging::pulled_events& said) {
  pulled out;
  out.until = said.until;
  for (const auto& given : said.events) {
    auto read = services.log->read(given.gseq, [&](const core::record& r) {
      out.events.push_back({r, given.delivery});
      services.entrance->unseal(out.events.back().record);
      return false;
    });
    if (!read) return finish(s, journal::to_failure(read.error()));
  }
  finish(s, std::move(out));
}

void subscriber_state::finish(subject& s, core::result<pulled> with) {
  auto first = std::move(s.pulls.front());
  s.pulls.pop_front();
  --waiting;
  first.order.answer.deliver(std::move(with));
}

void subscriber_state::forget_idle() {
  if (subjects.size() <= subjects_max) return;
  std::erase_if(subjects, [](const auto& each) { return each.second.pulls.empty() && !each.second.is_busy; });
}

void subscriber_state::set_alarm() {
  core::timestamp earliest = core::never;
  for (const auto& [address, s] : subjects) {
    if (s.pulls.empty()) continue;
    earliest = std::min(earliest, s.next);
    for (std::size_t i = s.is_busy ? 1 : 0; i < s.pulls.size(); ++i)
      earliest = std::min(earliest, s.pulls[i].deadline);
  }
  if (earliest != core::never)
    self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), earliest.us);
}

follower_actor::behavior_type subscriber(follower_actor::stateful_pointer<subscriber_state> self,
                                         follower_services services, std::shared_ptr<pull_desk> desk) {
  harden(self);
  const auto me = caf::actor_cast<follower_actor>(self);
  auto& state = self->state;
  state.self = self;
  state.bell = follower_bell{*services.feed, me};
  state.services = std::move(services);
  state.desk = std::move(desk);
  state.place_at_desk = state.desk->attend([me] { caf::anon_send(me, atom::answered_v); });
  return {
      [self](atom::grown) { self->state.grown(); },
      [self](atom::resume) { self->state.go_on(); },
      [self](atom::answered) { self->state.collect(); },
      [self](atom::again) { self->state.pass_time(); },
  };
}

}  // namespace logline::actors
