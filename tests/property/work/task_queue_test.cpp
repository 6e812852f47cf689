#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <cstdlib>
#include <map>

#include "domain/work/replies.hpp"
#include "tests/fixtures/spec.hpp"
#include "tests/property/work/model_queue.hpp"

/// Random commands at random times, done by the task queue and by a slow model of it: after each step both must agree.
namespace logline::work {

namespace {

enum class action : std::uint8_t {
  enqueue,
  enqueue_batch,
  lease,
  heartbeat,
  complete,
  fail,
  cancel,
  reschedule,
  pause,
  resume,
  retry,
  retry_all,
  discard,
  release,
  configure,
  tick,
  wake,
};

/// One step; what a, b and c mean depends on the action.
struct step {
  action what = action::wake;
  std::int64_t wait_ms = 0;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
};

std::ostream& operator<<(std::ostream& out, const step& s) {
  return out << "{" << static_cast<int>(s.what) << " after " << s.wait_ms << " ms, " << s.a << " " << s.b << " " << s.c
             << "}";
}

rc::Gen<step> steps() {
  // More of what moves tasks on; waits from nothing to beyond leases, backoff and the hour of finished tasks.
  const auto what = rc::gen::element(
      action::enqueue, action::enqueue, action::enqueue_batch, action::lease, action::lease, action::lease,
      action::heartbeat, action::complete, action::complete, action::fail, action::fail, action::fail, action::cancel,
      action::reschedule, action::pause, action::resume, action::resume, action::retry, action::retry_all,
      action::discard, action::release, action::configure, action::tick, action::wake, action::wake);
  const auto wait =
      rc::gen::element<std::int64_t>(0, 0, 0, 1, 500, 10'000, 30'000, 60'000, 240'000, 1'000'000, 4'000'000);
  return rc::gen::build<step>(rc::gen::set(&step::what, what), rc::gen::set(&step::wait_ms, wait),
                              rc::gen::set(&step::a, rc::gen::inRange(0u, 1'000u)),
                              rc::gen::set(&step::b, rc::gen::inRange(0u, 1'000u)),
                              rc::gen::set(&step::c, rc::gen::inRange(0u, 1'000u)));
}

const std::vector<std::string> kinds{"mail", "chat", "webhook.deliver"};
const std::vector<std::string> workers{"w1", "w2"};
// Often met exactly by the waits between steps.
const std::vector<std::int64_t> spans_s{10, 30, 60, 70, 240, 1'000};

template <class T>
const T& one_of(const std::vector<T>& many, unsigned n) {
  return many[n % many.size()];
}

class comparison {
 public:
  comparison() {
    model_.now = fixtures::start_of_time;
    configure no_jitter;
    no_jitter.values.jitter_percent = 0;
    must_be("", send(no_jitter));
  }

  void take(const step& s) {
    model_.now = model_.now + core::milliseconds(s.wait_ms);
    const auto before = statuses();
    act(s);
    agree();
    check_moves(before);
    check_replay();
  }

 private:
  using decision = core::decision;

  core::context context() { return fixtures::context_at(model_.now, ++seed_); }
  template <class Command>
  decision send(const Command& command) {
    return real_.send(command, context());
  }

  static void must_be(std::string_view code, const decision& decided) {
    const std::string_view said =
        decided.rejection() ? std::string_view{decided.rejection()->code} : std::string_view{};
    RC_ASSERT(said == code);
    if (!code.empty()) RC_ASSERT(decided.events().empty());
  }

  template <class Event>
  static std::vector<Event> events(const decision& decided) {
    std::vector<Event> out;
    for (const auto& event : decided.events())
      if (event.identity == &core::type_identity<Event>) out.push_back(*static_cast<const Event*>(event.body.get()));
    return out;
  }

  // A task that was there once, or one that never was.
  core::uuid some_task(unsigned n) const { return known_.empty() || n % 20 == 0 ? core::uuid{} : one_of(known_, n); }
  core::uuid some_lease(unsigned n) const { return leases_.empty() || n % 20 == 0 ? core::uuid{} : one_of(leases_, n); }

  void act(const step& s) {
    switch (s.what) {
      case action::enqueue:
        return do_enqueue(s);
      case action::enqueue_batch:
        return do_enqueue_batch(s);
      case action::lease:
        return do_lease(s);
      case action::heartbeat:
        return do_heartbeat(s);
      case action::complete:
        return do_complete(s);
      case action::fail:
        return do_fail(s);
      case action::cancel:
        return do_cancel(s);
      case action::reschedule:
        return do_reschedule(s);
      case action::pause:
        return do_pause(s, true);
      case action::resume:
        return do_pause(s, false);
      case action::retry:
        return do_retry(s);
      case action::retry_all:
        return do_retry_all(s);
      case action::discard:
        return do_discard(s);
      case action::release:
        return do_release(s);
      case action::configure:
        return do_configure(s);
      case action::tick:
        return do_tick(s);
      case action::wake:
        return do_wake();
    }
  }

  enqueue wish(unsigned a, unsigned b, unsigned c) const {
    enqueue command;
    command.kind = one_of(kinds, a);
    command.priority = a % 10;
    if (b % 3 == 0) command.run_at = model_.now + core::seconds(static_cast<std::int64_t>(b) - 300);
    if (b % 5 == 0) command.max_attempts = 1 + c % 3;
    if (c % 4 == 0) command.unique_key = "k" + std::to_string(c % 12);
    if (c % 7 == 0) command.expires_at = model_.now + core::seconds(one_of(spans_s, b));
    return command;
  }

  model_queue::entry entry_of(const enqueue& wanted, const core::uuid& id) const {
    model_queue::entry task;
    task.id = id;
    task.kind = wanted.kind;
    task.priority = wanted.priority;
    task.run_at = std::max(wanted.run_at.value_or(model_.now), model_.now);
    task.created_at = task.updated_at = model_.now;
    task.max_attempts = wanted.max_attempts.value_or(5);
    task.unique_key = wanted.unique_key.value_or("");
    task.expires_at = wanted.expires_at;
    return task;
  }

  bool would_expire(const enqueue& wanted) const {
    return wanted.expires_at && *wanted.expires_at <= std::max(wanted.run_at.value_or(model_.now), model_.now);
  }

  void do_enqueue(const step& s) {
    const auto command = wish(s.a, s.b, s.c);
    const auto decided = send(command);
    if (would_expire(command)) return must_be("INVALID_INPUT", decided);
    const auto* twin = command.unique_key ? model_.live_twin(*command.unique_key) : nullptr;
    if (twin == nullptr && model_.count(task_status::pending) >= model_.pending_max)
      return must_be("QUEUE_FULL", decided);
    must_be("", decided);
    const auto reply = core::from_msgpack<enqueued_task>(decided.reply());
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->duplicate == (twin != nullptr));
    if (twin != nullptr) {
      RC_ASSERT(reply->task_id == twin->id);
      return;
    }
    known_.push_back(reply->task_id);
    model_.add(entry_of(command, reply->task_id));
  }

  void do_enqueue_batch(const step& s) {
    enqueue_batch command;
    for (unsigned n = 0; n < 1 + s.a % 4; ++n) {
      command.tasks.push_back(wish(s.a + n, s.b, s.c + 7 * n));
      command.tasks.back().unique_key.reset();
      command.tasks.back().expires_at.reset();
    }
    const auto decided = send(command);
    const auto size = static_cast<std::int64_t>(command.tasks.size());
    if (model_.count(task_status::pending) + size > model_.pending_max) return must_be("QUEUE_FULL", decided);
    must_be("", decided);
    const auto reply = core::from_msgpack<enqueued_tasks>(decided.reply());
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->tasks.size() == command.tasks.size());
    for (std::size_t n = 0; n < command.tasks.size(); ++n) {
      known_.push_back(reply->tasks[n].task_id);
      model_.add(entry_of(command.tasks[n], reply->tasks[n].task_id));
    }
  }

  void do_lease(const step& s) {
    lease_tasks command;
    command.worker_id = one_of(workers, s.a);
    command.limit = 1 + s.b % 4;
    if (s.c % 3 == 0) command.kinds = std::vector<std::string>{one_of(kinds, s.c / 3), one_of(kinds, s.c / 9)};
    command.lease_s = one_of(spans_s, s.c);
    if (s.a % 4 == 0) command.wait_ms = 20'000;
    const auto decided = send(command);
    const auto expected = model_.choose(command);
    if (command.wait_ms > 0 && (expected.paused || expected.tasks.empty())) {
      RC_ASSERT(decided.waits_until().has_value());
      RC_ASSERT(*decided.waits_until() > model_.now);
      RC_ASSERT(*decided.waits_until() <= model_.now + core::milliseconds(command.wait_ms));
      return;
    }
    if (expected.paused) return must_be("QUEUE_PAUSED", decided);
    must_be("", decided);
    const auto granted = events<task_leased>(decided);
    std::vector<core::uuid> ids;
    for (const auto& event : granted) {
      RC_ASSERT(event.token > last_token_);
      last_token_ = event.token;
      ids.push_back(event.task_id);
      leases_.push_back(event.lease_id);
      model_.start(event.task_id, event.lease_id, command.worker_id, model_.now + core::seconds(*command.lease_s));
    }
    RC_ASSERT(ids == expected.tasks);
  }

  void do_heartbeat(const step& s) {
    const auto lease_id = some_lease(s.a);
    const auto decided = send(heartbeat{lease_id, one_of(spans_s, s.b)});
    auto* task = model_.holder(lease_id);
    if (task == nullptr) return must_be("LEASE_LOST", decided);
    must_be("", decided);
    const auto until = model_.now + core::seconds(one_of(spans_s, s.b));
    if (until > task->until) {
      task->until = until;
      task->updated_at = model_.now;
    }
    const auto reply = core::from_msgpack<lease_extended>(decided.reply());
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->until == task->until);
    RC_ASSERT(reply->cancel == task->cancel);
  }

  // Mostly the lease with its own task, sometimes with another one.
  core::uuid task_for(const core::uuid& lease_id, const step& s) {
    for (const auto& task : model_.all())
      if (task.lease_id == lease_id && s.b % 8 != 0) return task.id;
    return some_task(s.b);
  }

  void do_complete(const step& s) {
    const auto lease_id = some_lease(s.a);
    const auto task_id = task_for(lease_id, s);
    const auto decided = send(complete{task_id, lease_id, {}});
    auto* task = model_.find(task_id);
    if (task == nullptr) return must_be("NOT_FOUND", decided);
    if (task->status == task_status::done && task->lease_id == lease_id) {
      must_be("", decided);
      RC_ASSERT(decided.events().empty());
      return;
    }
    if (model_.holder(lease_id) != task) return must_be("LEASE_LOST", decided);
    must_be("", decided);
    RC_ASSERT(++task->completions == 1);
    model_.end(*task, task_status::done);
  }

  void do_fail(const step& s) {
    const auto lease_id = some_lease(s.a);
    const auto task_id = task_for(lease_id, s);
    const bool retryable = s.c % 5 != 0;
    const std::int64_t retry_after_s = s.c % 3 == 0 ? s.c : 0;
    const auto decided = send(fail{task_id, lease_id, "boom", retryable, retry_after_s});
    auto* task = model_.find(task_id);
    if (task == nullptr) return must_be("NOT_FOUND", decided);
    if (model_.holder(lease_id) != task) return must_be("LEASE_LOST", decided);
    must_be("", decided);
    model_.fail(*task, retryable, retry_after_s);
  }

  void do_cancel(const step& s) {
    const auto id = some_task(s.a);
    const auto decided = send(cancel{id, "not needed"});
    auto* task = model_.find(id);
    if (task == nullptr) return must_be("NOT_FOUND", decided);
    if (task->status == task_status::done || task->status == task_status::error)
      return must_be("NOT_CANCELLABLE", decided);
    must_be("", decided);
    if (task->status == task_status::pending) return model_.end(*task, task_status::cancelled);
    if (task->status != task_status::running || task->cancel) return RC_ASSERT(decided.events().empty());
    task->cancel = true;
    task->updated_at = model_.now;
  }

  void do_reschedule(const step& s) {
    const auto id = some_task(s.a);
    const auto run_at = model_.now + core::seconds(static_cast<std::int64_t>(s.b) - 300);
    const auto decided = send(reschedule{id, run_at});
    auto* task = model_.find(id);
    if (task == nullptr) return must_be("NOT_FOUND", decided);
    if (task->status != task_status::pending) return must_be("CONFLICT", decided);
    must_be("", decided);
    const auto at = std::max(run_at, model_.now);
    if (task->run_at == at) return RC_ASSERT(decided.events().empty());
    task->run_at = at;
    task->updated_at = model_.now;
  }

  void do_pause(const step& s, bool on) {
    std::optional<std::string> kind;
    if (s.a % 3 != 0) kind = one_of(kinds, s.b);
    must_be("", on ? send(pause{kind}) : send(resume{kind}));
    model_.pause(kind, on);
  }

  void do_retry(const step& s) {
    const auto id = some_task(s.a);
    const auto decided = send(retry{id});
    auto* task = model_.find(id);
    if (task == nullptr || task->status != task_status::error) return must_be("NOT_FOUND", decided);
    if (model_.count(task_status::pending) >= model_.pending_max) return must_be("QUEUE_FULL", decided);
    must_be("", decided);
    model_.take_back(*task, model_.now);
  }

  void do_retry_all(const step& s) {
    retry_all command;
    if (s.a % 2 == 0) command.kind = one_of(kinds, s.a / 2);
    if (s.b % 2 == 0) command.since = model_.now - core::seconds(one_of(spans_s, s.b));
    if (s.c % 2 == 0) command.rate = 1 + s.c % 5;
    const auto decided = send(command);
    const auto dead = model_.dead(command);
    const auto room =
        static_cast<std::size_t>(std::max<std::int64_t>(0, model_.pending_max - model_.count(task_status::pending)));
    if (!dead.empty() && room == 0) return must_be("QUEUE_FULL", decided);
    must_be("", decided);
    for (std::size_t n = 0; n < std::min(room, dead.size()); ++n) {
      const auto offset = command.rate ? static_cast<std::int64_t>(n) * 1'000'000 / *command.rate : 0;
      model_.take_back(*dead[n], model_.now + core::duration_us{offset});
    }
  }

  void do_discard(const step& s) {
    const auto id = some_task(s.a);
    const auto decided = send(discard{id, "old"});
    auto* task = model_.find(id);
    if (task != nullptr && task->status == task_status::cancelled) {
      must_be("", decided);
      return RC_ASSERT(decided.events().empty());
    }
    if (task == nullptr || task->status != task_status::error) return must_be("NOT_FOUND", decided);
    must_be("", decided);
    model_.end(*task, task_status::cancelled);
  }

  void do_release(const step& s) {
    must_be("", send(release{one_of(workers, s.a)}));
    model_.release(one_of(workers, s.a));
  }

  void do_configure(const step& s) {
    configure command;
    command.values.jitter_percent = 0;
    command.pending_max = s.a % 3 == 0 ? 1'000'000 : 5 + s.a % 10;
    must_be("", send(command));
    model_.pending_max = *command.pending_max;
  }

  void do_tick(const step& s) {
    const std::size_t limit = 1 + s.a % 3;
    const auto decided = send(tick{static_cast<std::int64_t>(limit)});
    must_be("", decided);
    const auto reply = core::from_msgpack<ticked>(decided.reply());
    RC_ASSERT(reply.has_value());
    RC_ASSERT(reply->acted == static_cast<std::int64_t>(model_.pass_time(limit)));
  }

  // Woken, a queue must get on: no wake-up may leave the next one due as well.
  void do_wake() {
    must_be("", send(core::woken{}));
    model_.pass_time(1'000);
    RC_ASSERT(!real_.next_wake() || *real_.next_wake() > model_.now);
  }

  std::map<core::uuid, task_status> statuses() const {
    std::map<core::uuid, task_status> out;
    for (const auto& [id, task] : real_.state().tasks.all())
      out.emplace(id, task.status());
    return out;
  }

  void agree() {
    const auto& queue = real_.state();
    RC_ASSERT(queue.tasks.all().size() == model_.all().size());
    std::size_t running_count = 0;
    for (const auto& expected : model_.all()) {
      const auto* t = queue.tasks.find(expected.id);
      RC_ASSERT(t != nullptr);
      RC_ASSERT(t->status() == expected.status);
      RC_ASSERT(*t->kind == expected.kind);
      RC_ASSERT(t->run_at == expected.run_at);
      RC_ASSERT(t->attempts == expected.attempts);
      RC_ASSERT(t->attempts <= t->max_attempts);
      RC_ASSERT(t->max_attempts == expected.max_attempts);
      RC_ASSERT(t->retries == expected.retries);
      RC_ASSERT(t->created_at == expected.created_at);
      RC_ASSERT(t->updated_at == expected.updated_at);
      if (expected.status != task_status::running) continue;
      ++running_count;
      const auto* held = queue.leases.find(expected.lease_id);
      RC_ASSERT(held != nullptr);
      RC_ASSERT(held->task_id == expected.id);
      RC_ASSERT(std::get<running>(t->now).lease_id == expected.lease_id);
      RC_ASSERT(held->worker_id == expected.worker);
      RC_ASSERT(held->until == expected.until);
      RC_ASSERT(held->cancel_reason.has_value() == expected.cancel);
    }
    // One open attempt for each running task, none otherwise.
    RC_ASSERT(queue.leases.size() == running_count);
    for (std::size_t i = 0; i < status_count; ++i)
      RC_ASSERT(static_cast<std::int64_t>(queue.tasks.count(static_cast<task_status>(i))) ==
                model_.count(static_cast<task_status>(i)));
  }

  void check_moves(const std::map<core::uuid, task_status>& before) const {
    using enum task_status;
    static const std::set<std::pair<task_status, task_status>> legal{
        {pending, running},   {running, done},      {running, pending}, {running, error},
        {running, cancelled}, {pending, cancelled}, {error, pending},   {error, cancelled}};
    for (const auto& [id, status] : before) {
      const auto* t = real_.state().tasks.find(id);
      if (t == nullptr) {
        RC_ASSERT((status == done || status == cancelled));
      } else if (t->status() != status) {
        RC_ASSERT(legal.count({status, t->status()}) == 1u);
      }
    }
  }

  void check_replay() const {
    const auto hash = real_.hash();
    RC_ASSERT(real_.replayed_hash() == hash);
    const auto restored = real_.restored();
    RC_ASSERT(task_queue_type().state_hash(restored.get()) == hash);
    RC_ASSERT(task_queue_type().next_wake(restored.get()) == real_.next_wake());
  }

  fixtures::lone_entity<task_queue_definition> real_;
  model_queue model_;
  std::vector<core::uuid> known_;
  std::vector<core::uuid> leases_;
  std::uint64_t last_token_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace

TEST_CASE("a task queue does what a plain list of tasks would do", "[TSK-02][TSK-03][TSK-05][TSK-10][TSK-11][TSK-12]") {
  setenv("RC_PARAMS", "max_success=1000", 0);  // unless the caller wants more, or a failure reproduced
  const bool agrees = rc::check("queue and model agree after every step", [] {
    const auto sequence = *rc::gen::scale(3.0, rc::gen::container<std::vector<step>>(steps()));
    comparison both;
    for (const auto& s : sequence)
      both.take(s);
  });
  CHECK(agrees);
}

}  // namespace logline::work
