#include "actors/reactor.hpp"

#include <algorithm>

#include <caf/all.hpp>

#include "actors/harden.hpp"
#include "actors/ticking.hpp"
#include "domain/core/json.hpp"
#include "journal/record.hpp"

namespace logline::actors {

void reactor_state::catch_up() {
  bell.answer();
  const auto& limits = services.limits.reactor;
  std::size_t seen = 0;
  core::outcome outcome = core::done{};
  if (messenger->outstanding() < limits.outstanding_max) {
    auto read = services.log->scan(next, [&](const journal::record_view& r) {
      next = core::next(r.position);
      if (r.event == type->event && r.type == type->entity_type) outcome = react(r);
      return outcome && ++seen < limits.records_per_turn && messenger->outstanding() < limits.outstanding_max;
    });
    if (!read) return stop(read.error().text());
    if (!outcome) return stop(outcome.error().message);
  }
  save_cursor();
  if (seen == limits.records_per_turn) self->send(self, atom::resume_v);
}

core::outcome reactor_state::react(const journal::record_view& view) {
  core::record record;
  if (auto copied = journal::copy_record(view, record); !copied) return journal::to_failure(copied.error());
  if (type->reads_personal && services.privacy != nullptr)
    if (auto opened = services.privacy->unseal(record, journal::erased_as::sealed); !opened)
      return journal::to_failure(opened.error());
  auto commands = type->react(record);
  if (!commands) return commands.error();
  if (commands->empty()) return core::done{};
  open.push_back({record.position, commands->size()});
  acted = true;
  std::size_t index = 0;
  for (auto& command : *commands)
    send(record.position,
         errand{std::move(command),
                fmt::format("{}:{}:{}:{}", type->name, record.partition.value, record.position.value, index++),
                core::principal_id{fmt::format("reactor:{}", type->name)}, record.correlation_id, record.event_id});
  return core::done{};
}

void reactor_state::send(core::gseq position, errand order) {
  errands.emplace(++tokens, position);
  messenger->send(tokens, std::move(order));
}

void reactor_state::collect() {
  const std::uint64_t retries_before = messenger->retries();
  for (auto& delivered : messenger->collect(ticking(self))) {
    const auto position = errands.extract(delivered.token).mapped();
    if (delivered.answer) {
      ++services.count->reactions;
      answered(position);
    } else {
      bury(position, delivered);
    }
  }
  services.count->reactions_retried += messenger->retries() - retries_before;
  if (const auto retry = messenger->next_retry(); retry != core::never)
    self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), retry.us);
  catch_up();
}

// The refused command is kept where operators look, as an errand of its own: the event counts as handled once that is
// durable.
void reactor_state::bury(core::gseq position, const courier::delivered& refused) {
  const std::string_view suffix = ":dead";
  if (refused.order.key.ends_with(suffix))
    return stop("the dead letter itself was refused: " + refused.answer.error().message);
  ++services.count->reactions_refused;
  std::string body;
  core::msgpack_sink to{body};
  to.begin_object(1);
  to.key("payload");
  to.begin_object(6);
  to.key("reactor");
  to.text(type->name);
  to.key("gseq");
  to.unsigned_integer(position.value);
  to.key("to");
  to.text(refused.order.what.to.text());
  to.key("command");
  to.text(refused.order.what.command);
  to.key("code");
  to.text(refused.answer.error().code);
  to.key("message");
  to.text(refused.answer.error().message);
  const core::address letters{refused.order.what.to.tenant, "timeline", fmt::format("dead_letters.{}", type->name)};
  send(position, errand{{letters, "append", {std::move(body)}},
                        refused.order.key + std::string{suffix},
                        refused.order.principal,
                        refused.order.correlation_id,
                        refused.order.causation_id});
}

void reactor_state::answered(core::gseq position) {
  const auto found =
      std::lower_bound(open.begin(), open.end(), position, [](const auto& r, core::gseq p) { return r.position < p; });
  LL_INVARIANT(found != open.end() && found->position == position, "no open reaction to gseq {}", position.value);
  --found->unanswered;
  while (!open.empty() && open.front().unanswered == 0)
    open.pop_front();
}

void reactor_state::save_cursor() {
  const core::gseq done{(open.empty() ? next.value : open.front().position.value) - 1};
  // What the type had no use for has no effect when it is read again.
  if (done == saved || (!acted && done.value - saved.value < services.limits.reactor.cursor_lag_max)) return;
  if (auto put = services.log->put_cursor(type->name, done); !put) return stop(put.error().text());
  saved = done;
  acted = !open.empty();
}

void reactor_state::stop(std::string why) {
  ++services.count->reactors_stopped;
  self->quit(
      caf::make_error(caf::sec::runtime_error, fmt::format("reactor {} at gseq {}: {}", type->name, next.value, why)));
}

follower_actor::behavior_type reactor(follower_actor::stateful_pointer<reactor_state> self, follower_services services,
                                      const core::reactor_type* type) {
  harden(self);
  const auto me = caf::actor_cast<follower_actor>(self);
  auto& state = self->state;
  state.self = self;
  state.type = type;
  state.messenger = std::make_unique<courier>(*services.entrance, services.types, services.limits.reactor,
                                              [me] { caf::anon_send(me, atom::answered_v); });
  state.bell = follower_bell{*services.feed, me};
  auto cursor = services.log->cursor(type->name);
  if (cursor)
    state.saved = *cursor;
  else
    self->quit(caf::make_error(caf::sec::runtime_error, cursor.error().text()));
  state.next = core::next(state.saved);
  state.services = std::move(services);
  return {
      [self](atom::grown) { self->state.catch_up(); },
      [self](atom::resume) { self->state.catch_up(); },
      [self](atom::answered) { self->state.collect(); },
      [self](atom::again) { self->state.collect(); },
  };
}

}  // namespace logline::actors
