#include "actors/worker.hpp"

#include <algorithm>

#include <caf/all.hpp>

#include "actors/directory_view.hpp"
#include "actors/harden.hpp"
#include "actors/ticking.hpp"
#include "domain/core/described.hpp"
#include "domain/work/commands.hpp"
#include "domain/work/replies.hpp"
#include "journal/record.hpp"

namespace logline::actors {

namespace {

constexpr std::string_view queue_type = "task_queue";

// What the worker needs of a lease's reply (work/lease.cpp writes it by hand, since it quotes payloads).
struct leased_task {
  core::uuid task_id;
  core::uuid lease_id;
  std::string kind;
  core::document payload;
};
constexpr auto describe(core::type_tag<leased_task>) {
  using core::field;
  return core::description<leased_task>("leased_task", "", field("task_id", &leased_task::task_id),
                                        field("lease_id", &leased_task::lease_id), field("kind", &leased_task::kind),
                                        field("payload", &leased_task::payload));
}
struct lease_reply {
  std::vector<leased_task> tasks;
};
constexpr auto describe(core::type_tag<lease_reply>) {
  return core::description<lease_reply>("lease_reply", "", core::field("tasks", &lease_reply::tasks));
}

}  // namespace

void worker_state::discover() {
  std::string after;
  while (true) {
    auto page = directory_view::list(*services.log, {}, queue_type, after, 1'000);
    if (!page) return stop(page.error().message);
    if (page->empty()) break;
    after = page->back().entity.text();
    for (const auto& entry : *page)
      adopt(entry.entity);
  }
}

// The directory may be behind the log when the worker starts; what is new since then is found in the log itself.
void worker_state::catch_up() {
  bell.answer();
  std::size_t seen = 0;
  auto read = services.log->scan(next, [&](const journal::record_view& r) {
    next = core::next(r.position);
    if (r.type == queue_type) adopt({std::string{r.tenant}, std::string{r.type}, std::string{r.key}});
    return ++seen < services.limits.reactor.records_per_turn;
  });
  if (!read) return stop(read.error().text());
  if (seen == services.limits.reactor.records_per_turn) self->send(self, atom::resume_v);
}

void worker_state::adopt(const core::address& queue) {
  if (!queues.insert(queue).second) return;
  send(release_errand{queue}, core::outgoing_command::of(queue, work::release{worker_id}), {});
}

void worker_state::poll(const core::address& queue) {
  work::lease_tasks ask;
  ask.worker_id = worker_id;
  ask.limit = services.limits.worker.lease_batch;
  ask.wait_ms = services.limits.worker.poll.us / 1'000;
  auto& kinds = ask.kinds.emplace();
  for (const auto* handler : handlers)
    kinds.emplace_back(handler->kind);
  for (const auto& shell : shells)
    kinds.push_back(shell.kind);
  // A key, so that a lease whose answer was lost with its host is answered again instead of lying idle until it
  // expires.
  send(poll_errand{queue}, core::outgoing_command::of(queue, ask),
       fmt::format("{}:poll:{:016x}{:016x}", worker_id, services.entropy(), services.entropy()));
}

void worker_state::send(errand_purpose purpose, core::outgoing_command command, std::string key) {
  errands.emplace(++tokens, std::move(purpose));
  messenger->send(tokens, errand{std::move(command), std::move(key), core::principal_id{worker_id}, {}, {}});
}

void worker_state::collect() {
  for (auto& finished_shell : outcomes->take())
    handled(finished_shell.job, std::move(finished_shell.outcome));
  for (auto& delivered : messenger->collect(ticking(self))) {
    const auto purpose = errands.extract(delivered.token).mapped();
    if (const auto* release = std::get_if<release_errand>(&purpose)) {
      released(release->queue, delivered.answer);
    } else if (const auto* asked = std::get_if<poll_errand>(&purpose)) {
      polled(asked->queue, delivered.answer);
    } else if (const auto* effect = std::get_if<effect_errand>(&purpose)) {
      auto& j = jobs.at(effect->job);
      if (!delivered.answer && !j.trouble) j.trouble = delivered.answer.error();
      if (--j.unanswered == 0) conclude(effect->job);
    } else if (const auto* finish = std::get_if<finish_errand>(&purpose)) {
      finished(finish->job, finish->completes && delivered.answer.has_value());
    }
  }
  if (const auto retry = messenger->next_retry(); retry != core::never)
    self->send(services.timekeeper, atom::call_back_v, caf::actor_cast<caf::strong_actor_ptr>(self), retry.us);
}

// A queue gives back so many leases at a time.
void worker_state::released(const core::address& queue, const core::result<command_reply>& answer) {
  if (!answer) return stop(fmt::format("queue {} refused a release: {}", queue.text(), answer.error().message));
  auto given_back = core::from_msgpack<work::leases_released>(answer->reply);
  if (!given_back)
    return stop(fmt::format("queue {} answered a release oddly: {}", queue.text(), given_back.error().message));
  if (given_back->left > 0)
    send(release_errand{queue}, core::outgoing_command::of(queue, work::release{worker_id}), {});
  else
    poll(queue);
}

void worker_state::polled(const core::address& queue, const core::result<command_reply>& answer) {
  if (!answer) return stop(fmt::format("queue {} refused a lease: {}", queue.text(), answer.error().message));
  auto leased = core::from_msgpack<lease_reply>(answer->reply);
  if (!leased) return stop(fmt::format("queue {} answered a lease oddly: {}", queue.text(), leased.error().message));
  if (leased->tasks.empty()) return poll(queue);
  busy[queue] = leased->tasks.size();
  for (auto& task : leased->tasks)
    run(queue, task.task_id, task.lease_id, task.kind, task.payload);
}

void worker_state::run(const core::address& queue, core::uuid task, core::uuid lease, const std::string& kind,
                       const core::document& payload) {
  const std::uint64_t id = ++tokens;
  auto& j = jobs[id];
  j.queue = queue;
  j.task = task;
  j.lease = lease;
  j.kind = kind;
  const auto shell = std::find_if(shells.begin(), shells.end(), [&](const auto& s) { return s.kind == kind; });
  if (shell != shells.end())
    return shell->begin(queue, task, payload,
                        [to = outcomes, tell = notify, id](core::result<core::task_outcome> done) {
                          if (to->put({id, std::move(done)})) tell();
                        });
  const auto handler = std::find_if(handlers.begin(), handlers.end(), [&](const auto* h) { return h->kind == kind; });
  if (handler == handlers.end()) {
    j.trouble = core::failure{core::failure_kind::internal, "INTERNAL", "unknown kind " + kind};
    return conclude(id);
  }
  handled(id, (*handler)->handle(queue, task, payload));
}

void worker_state::handled(std::uint64_t id, core::result<core::task_outcome> outcome) {
  auto& j = jobs.at(id);
  if (!outcome) {
    j.trouble = outcome.error();
    return conclude(id);
  }
  j.result = std::move(outcome->result);
  j.unanswered = outcome->commands.size();
  if (j.unanswered == 0) return conclude(id);
  std::size_t index = 0;
  for (auto& command : outcome->commands)
    send(effect_errand{id}, std::move(command), fmt::format("task:{}:{}", j.task.text(), index++));
}

void worker_state::conclude(std::uint64_t id) {
  const auto& j = jobs.at(id);
  if (!j.trouble)
    return send(finish_errand{id, true}, core::outgoing_command::of(j.queue, work::complete{j.task, j.lease, j.result}),
                fmt::format("lease:{}:complete", j.lease.text()));
  const bool retryable = j.trouble->kind == core::failure_kind::unavailable;
  send(finish_errand{id, false},
       core::outgoing_command::of(
           j.queue, work::fail{j.task, j.lease, j.trouble->code + ": " + j.trouble->message, retryable, {}}),
       {});
}

// A lease lost meanwhile is no trouble: whoever holds it now finishes the task, and the effects are keyed.
void worker_state::finished(std::uint64_t id, bool completed) {
  ++(completed ? services.count->tasks_completed : services.count->tasks_failed);
  const auto queue = jobs.extract(id).mapped().queue;
  if (--busy.at(queue) > 0) return;
  busy.erase(queue);
  poll(queue);
}

void worker_state::stop(const std::string& why) {
  self->quit(caf::make_error(caf::sec::runtime_error, "worker: " + why));
}

follower_actor::behavior_type worker(follower_actor::stateful_pointer<worker_state> self, follower_services services,
                                     std::vector<const core::task_handler*> handlers, std::vector<shell_handler> shells,
                                     std::string worker_id) {
  harden(self);
  const auto me = caf::actor_cast<follower_actor>(self);
  auto& state = self->state;
  state.self = self;
  state.handlers = std::move(handlers);
  state.shells = std::move(shells);
  state.notify = [me] { caf::anon_send(me, atom::answered_v); };
  state.worker_id = std::move(worker_id);
  state.messenger =
      std::make_unique<courier>(*services.entrance, services.types, services.limits.reactor, state.notify);
  state.bell = follower_bell{*services.feed, me};
  state.services = std::move(services);
  auto cursor = directory_view::cursor(*state.services.log);
  if (cursor)
    state.next = core::next(*cursor);
  else
    state.stop(cursor.error().text());
  state.discover();
  return {
      [self](atom::grown) { self->state.catch_up(); },
      [self](atom::resume) { self->state.catch_up(); },
      [self](atom::answered) { self->state.collect(); },
      [self](atom::again) { self->state.collect(); },
  };
}

}  // namespace logline::actors
