#include "actors/runtime.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "actors/counters.hpp"
#include "actors/digester.hpp"
#include "actors/directory_view.hpp"
#include "actors/duty.hpp"
#include "actors/in_flight_gauge.hpp"
#include "actors/librarian.hpp"
#include "actors/mirror_watch.hpp"
#include "actors/mirroring.hpp"
#include "actors/projector.hpp"
#include "actors/reactor.hpp"
#include "actors/router.hpp"
#include "actors/subscriber.hpp"
#include "actors/subscription_meter.hpp"
#include "actors/supervisor.hpp"
#include "actors/timekeeper.hpp"
#include "actors/worker.hpp"
#include "journal/errc.hpp"

namespace logline::actors {

namespace {

class system_config : public caf::actor_system_config {
 public:
  explicit system_config(const runtime_parts& parts) {
    add_message_types<caf::id_block::logline>();
    config_file_path = "";  // CAF would read caf-application.ini from the working directory
    if (parts.deterministic) {
      set("scheduler.policy", caf::atom("testing"));
      return;
    }
    // Stealing burns a seventh of the machine when idle and slows the journal's threads down (design/caf.md D1).
    set("scheduler.policy", caf::atom("sharing"));
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    set("scheduler.max-threads", parts.limits.scheduler_threads == 0 ? cores : parts.limits.scheduler_threads);
  }
};

}  // namespace

struct runtime::impl {
  static runtime_parts with_alerts(runtime_parts p) {
    if (p.replay) {
      p.reactors.clear();
      p.handlers.clear();
      p.mirrors.clear();
      p.duties.clear();
    }
    if (!p.alerts)
      p.alerts = std::make_shared<actors::alerts>([say = p.report](severity, const std::string& line) { say(line); });
    return p;
  }

  explicit impl(runtime_parts p)
      : parts(with_alerts(std::move(p))),
        config(parts),
        gauge(std::make_shared<in_flight_gauge>(parts.limits.door.commands_max)),
        system(std::make_unique<caf::actor_system>(config)) {}

  runtime_parts parts;
  counters count;
  system_config config;
  std::shared_ptr<in_flight_gauge> gauge;
  std::unique_ptr<caf::actor_system> system;
  timekeeper_actor time;
  std::optional<router> route;
  librarian_actor library;
  digester_actor digests;
  supervisor_actor watch;
  std::shared_ptr<pull_desk> pulls = std::make_shared<pull_desk>();
  std::shared_ptr<projection_desk> rebuilds = std::make_shared<projection_desk>();
  mirror_watch lagging{parts.log};
  subscription_meter meter{parts.log, parts.types, parts.clock};
  std::stop_source duties_stop;    ///< asked of duties that are running
  supervisor_actor watch_mirrors;  ///< which outlive those who send commands, to see what they leave
  std::atomic<bool> open{false};

  host_services services() {
    host_services s;
    s.log = &parts.log;
    s.commits = &parts.commits;
    s.clock = &parts.clock;
    s.count = &count;
    s.secrets = parts.secrets;
    s.privacy = parts.privacy;
    s.origin = parts.origin;
    s.entropy = parts.entropy;
    if (parts.replay)
      s.arm = [](const core::address&, core::timestamp) {};
    else
      s.arm = [keeper = time](const core::address& entity, core::timestamp when) {
        caf::anon_send(keeper, atom::arm_v, entity, when.us);
      };
    s.limits = parts.limits.host;
    return s;
  }

  follower_services followers(door& entrance) {
    return {&parts.log, &parts.feed,   &entrance,    &parts.clock,       &count,       parts.types,
            time,       parts.entropy, parts.limits, parts.alerts.get(), parts.privacy};
  }

  // On a thread of its own, because targets block; in a simulation on the only one.
  follower_actor spawn_mirror(caf::local_actor* parent, follower_services services, const mirror_part& mirror) {
    if (parts.deterministic) return parent->spawn<caf::monitored>(mirroring, std::move(services), mirror, parts.report);
    return parent->spawn<caf::monitored + caf::detached>(mirroring, std::move(services), mirror, parts.report);
  }

  std::vector<supervised> mirrors(door& entrance) {
    std::vector<supervised> all;
    for (const auto& mirror : parts.mirrors)
      all.push_back({"mirror " + mirror.name, [this, mirror, &entrance](caf::local_actor* parent) {
                       return caf::actor_cast<caf::actor>(spawn_mirror(parent, followers(entrance), mirror));
                     }});
    return all;
  }

  follower_actor spawn_duty(caf::local_actor* parent, follower_services services, std::shared_ptr<const duty> what) {
    if (parts.deterministic)
      return parent->spawn<caf::monitored>(duty_runner, std::move(services), std::move(what), duties_stop.get_token(),
                                           parts.report);
    return parent->spawn<caf::monitored + caf::detached>(duty_runner, std::move(services), std::move(what),
                                                         duties_stop.get_token(), parts.report);
  }

  std::vector<supervised> children(door& entrance) {
    std::vector<supervised> all;
    for (const auto& what : parts.duties)
      all.push_back({"duty " + what->name, [this, what, &entrance](caf::local_actor* parent) {
                       return caf::actor_cast<caf::actor>(spawn_duty(parent, followers(entrance), what));
                     }});
    all.push_back({"subscriber", [this, &entrance](caf::local_actor* parent) {
                     return caf::actor_cast<caf::actor>(
                         parent->spawn<caf::monitored>(subscriber, followers(entrance), pulls));
                   }});
    all.push_back({"projector", [this, &entrance](caf::local_actor* parent) {
                     return caf::actor_cast<caf::actor>(
                         parent->spawn<caf::monitored>(projector, followers(entrance), rebuilds));
                   }});
    for (const auto* type : parts.reactors)
      all.push_back({fmt::format("reactor {}", type->name), [this, type, &entrance](caf::local_actor* parent) {
                       return caf::actor_cast<caf::actor>(
                           parent->spawn<caf::monitored>(reactor, followers(entrance), type));
                     }});
    if (!parts.handlers.empty() || !parts.shell_handlers.empty())
      all.push_back({"worker", [this, &entrance](caf::local_actor* parent) {
                       return caf::actor_cast<caf::actor>(parent->spawn<caf::monitored>(
                           worker, followers(entrance), parts.handlers, parts.shell_handlers, parts.worker_id));
                     }});
    return all;
  }
};

runtime::runtime(runtime_parts parts) : impl_(std::make_unique<impl>(std::move(parts))) {
  auto& i = *impl_;
  periodic_duties duties{[&i] {
                           if (auto signed_head = i.parts.log.checkpoint(true); !signed_head)
                             i.parts.report("checkpoint: " + signed_head.error().text());
                         },
                         [&i] { i.route->sweep(); }, [&i](const core::address& entity) { i.route->wake(entity); }};
  i.time = i.system->spawn(timekeeper, &i.parts.clock, i.parts.limits, std::move(duties));
  i.route.emplace(i.services(), i.parts.limits.router, i.parts.types, i.time, *i.system);
  i.library = i.system->spawn(librarian);
  i.digests = i.system->spawn(digester, &i.parts.log, static_cast<door*>(this), i.time);
}

void runtime::start() {
  auto& i = *impl_;
  caf::anon_send(i.time, atom::start_v);
  auto armed = i.parts.replay ? journal::outcome{core::done{}}
                              : i.parts.log.each_wake([&](const core::address& entity, core::timestamp when) {
                                  caf::anon_send(i.time, atom::arm_v, entity, when.us);
                                });
  if (!armed) return i.parts.give_up("wake-ups cannot be read: " + armed.error().text());
  i.open = true;
  i.watch_mirrors =
      i.system->spawn(supervisor, i.time, restart_policy{}, i.mirrors(*this), i.parts.report, i.parts.give_up);
  i.watch = i.system->spawn(supervisor, i.time, restart_policy{}, i.children(*this), i.parts.report, i.parts.give_up);
}

bool runtime::drain(core::duration_us wait) {
  auto& i = *impl_;
  i.open = false;
  i.duties_stop.request_stop();
  if (i.watch) caf::anon_send_exit(i.watch, caf::exit_reason::user_shutdown);
  i.route->drain();
  return i.gauge->wait_empty(wait);
}

runtime::~runtime() {
  auto& i = *impl_;
  i.open = false;
  i.duties_stop.request_stop();
  // Order: those who send commands, those who carry them, those who execute them, time. Replies that are left answer
  // UNAVAILABLE.
  if (i.watch) caf::anon_send_exit(i.watch, caf::exit_reason::user_shutdown);
  if (i.watch_mirrors) caf::anon_send_exit(i.watch_mirrors, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(i.digests, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(i.library, caf::exit_reason::user_shutdown);
  i.route->stop();
  caf::anon_send_exit(i.time, caf::exit_reason::user_shutdown);
  i.watch = nullptr;
  i.watch_mirrors = nullptr;
  i.digests = nullptr;
  i.library = nullptr;
  i.time = nullptr;
  if (i.parts.deterministic) {
    auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(i.system->scheduler());
    while (scheduler.has_job())
      scheduler.run_once();
    scheduler.inline_all_enqueues();
  }
  // Hosts use the router to their end, and the router's handles must not outlive the system.
  i.system->await_all_actors_done();
  i.route.reset();
  i.system.reset();
}

void runtime::submit(command_request request, reply<command_reply> answer) {
  auto& i = *impl_;
  if (!i.open.load(std::memory_order_acquire))
    return answer.deliver(core::unavailable("the node is starting or stopping"));
  if (i.parts.replay && !request.command.is_query)
    return answer.deliver(core::failure{core::failure_kind::unavailable, "READ_ONLY",
                                        "this node replays a journal: it answers queries and takes no commands"});
  if (!i.gauge->enter()) {
    ++i.count.overloaded;
    return answer.deliver(core::overloaded("too many commands in flight; slow down"));
  }
  auto command = std::make_shared<pending_command>();
  command->request = std::move(request);
  command->answer = std::move(answer);
  command->answer.hold(in_flight_gauge::place{i.gauge});
  i.route->deliver(command);
}

void runtime::show(core::address entity, as_of when, reply<entity_view> answer) {
  auto& i = *impl_;
  if (std::holds_alternative<as_of_now>(when)) {
    const auto view = std::make_shared<pending_view>(pending_view{std::move(entity), std::move(answer)});
    return i.route->show(view);
  }
  auto to = std::make_shared<reply<entity_view>>(std::move(answer));
  read([this, entity = std::move(entity), when, to](journal::partition_log& log) {
    const auto* type = impl_->parts.types(entity.type);
    if (type == nullptr)
      return to->deliver(core::failure{core::failure_kind::not_found, "UNKNOWN_TYPE",
                                       fmt::format("no entity type \"{}\"", entity.type)});
    auto folded = load_entity_as_of(log, *type, entity, when);
    if (!folded) return to->deliver(folded.error());
    entity_view seen{folded->sequence, {}, type->state_hash(folded->state.get())};
    core::msgpack_sink sink{seen.state, core::audience::shown};
    type->encode_state(folded->state.get(), sink);
    to->deliver(std::move(seen));
  });
}

void runtime::history(core::address entity, core::eseq from, std::size_t limit,
                      reply<std::vector<core::record>> answer) {
  auto to = std::make_shared<reply<std::vector<core::record>>>(std::move(answer));
  const std::size_t most = std::min(limit, impl_->parts.limits.door.history_max);
  read([this, entity = std::move(entity), from, most, to](journal::partition_log& log) {
    std::vector<core::record> records;
    auto visited = log.read_entity(entity, std::max(from, core::eseq{1}), [&](const core::record& r) {
      if (records.size() < most) unseal(records.emplace_back(r));
      return records.size() < most;
    });
    if (!visited) return to->deliver(journal::to_failure(visited.error()));
    to->deliver(std::move(records));
  });
}

void runtime::read(std::function<void(journal::partition_log&)> task) {
  auto bound = std::make_shared<std::function<void()>>([task = std::move(task), this] { task(impl_->parts.log); });
  caf::anon_send(impl_->library, atom::run_v, std::move(bound));
}

void runtime::directory(std::string tenant, std::string type, std::string after, std::size_t limit,
                        reply<std::vector<directory_entry>> answer) {
  auto to = std::make_shared<reply<std::vector<directory_entry>>>(std::move(answer));
  read([tenant = std::move(tenant), type = std::move(type), after = std::move(after), limit,
        to](journal::partition_log& log) { to->deliver(directory_view::list(log, tenant, type, after, limit)); });
}

void runtime::pull(pull_request request, reply<pulled> answer) {
  if (!impl_->open.load(std::memory_order_acquire))
    return answer.deliver(core::unavailable("the node is starting or stopping"));
  if (impl_->parts.replay)
    return answer.deliver(core::failure{core::failure_kind::unavailable, "READ_ONLY", "this node replays a journal"});
  impl_->pulls->put(std::move(request), std::move(answer));
}

void runtime::subscriptions(std::string tenant, reply<std::vector<subscription_lag>> answer) {
  auto to = std::make_shared<reply<std::vector<subscription_lag>>>(std::move(answer));
  read([this, tenant = std::move(tenant), to](journal::partition_log&) {
    auto all = impl_->meter.measure();
    if (all && !tenant.empty())
      std::erase_if(*all, [&](const subscription_lag& one) { return one.subscription.tenant != tenant; });
    to->deliver(std::move(all));
  });
}

core::outcome runtime::watch_subscriptions() {
  return impl_->meter.watch(*impl_->parts.alerts);
}

std::vector<mirror_status> runtime::mirrors() const {
  const auto& i = *impl_;
  const auto head = i.parts.log.head().position.value;
  std::vector<mirror_status> out;
  for (const auto& mirror : i.parts.mirrors) {
    const auto& p = *mirror.progress;
    const auto there = p.position.load();
    const auto lag = head > there ? head - there : 0;
    out.push_back({mirror.name,
                   core::gseq{there},
                   lag,
                   {lag > 0 ? p.behind_us.load() : 0},
                   p.failures.load(),
                   p.diverged.load()});
  }
  return out;
}

core::outcome runtime::watch_mirrors() {
  return impl_->lagging.look(mirrors(), impl_->parts.clock.now(), *impl_->parts.alerts);
}

core::result<std::vector<projection_status>> runtime::projections() const {
  const auto& i = *impl_;
  auto cursor = directory_view::cursor(i.parts.log);
  if (!cursor) return journal::to_failure(cursor.error());
  const auto head = i.parts.log.head().position;
  return std::vector<projection_status>{{std::string{directory_view::name}, *cursor,
                                         head.value - std::min(head.value, cursor->value), i.rebuilds->progress()}};
}

core::outcome runtime::rebuild_projection(std::string_view name) {
  if (name != directory_view::name) return core::not_found("no such projection");
  if (!impl_->open.load()) return core::unavailable("the node is starting or stopping");
  return impl_->rebuilds->ask();
}

void runtime::live_digest(reply<state_digest> answer) {
  auto request = std::make_shared<digest_request>(digest_request{std::move(answer)});
  caf::anon_send(impl_->digests, atom::digest_v, std::move(request));
}

core::outcome runtime::ready() const {
  if (!impl_->open.load()) return core::unavailable("the node is starting or stopping");
  if (auto room = impl_->parts.commits.admit({0, 0}); !room) return journal::to_failure(room.error());
  return core::done{};
}

std::string_view runtime::origin() const {
  return impl_->parts.origin;
}
const core::secret_box* runtime::secrets() const {
  return impl_->parts.secrets;
}

// A field that cannot be opened is shown as it is stored, which tells nothing: damage is found by those who verify.
void runtime::unseal(core::record& r) const {
  if (impl_->parts.privacy == nullptr || r.sealed.empty()) return;
  if (!impl_->parts.privacy->unseal(r, journal::erased_as::redacted)) ++impl_->count.unseal_failures;
}

bool runtime::step(const std::function<std::size_t(std::size_t)>& pick) {
  auto& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(impl_->system->scheduler());
  auto& jobs = scheduler.jobs;
  if (jobs.empty()) return false;
  std::swap(jobs.front(), jobs[pick(jobs.size())]);
  scheduler.run_once();
  return true;
}

void runtime::advance(core::duration_us by) {
  dynamic_cast<caf::scheduler::test_coordinator&>(impl_->system->scheduler())
      .advance_time(std::chrono::microseconds{by.us});
}

std::vector<door::figure> runtime::figures() const {
  const auto& i = *impl_;
  const auto& c = i.count;
  const auto counter = [](std::string name, std::string help, const auto& value) {
    return figure{std::move(name), std::move(help), true, static_cast<double>(value.load())};
  };
  const auto gauge = [](std::string name, std::string help, double value) {
    return figure{std::move(name), std::move(help), false, value};
  };
  std::vector<figure> all{
      counter("logline_commands_total", "Commands decided.", c.commands),
      counter("logline_rejections_total", "Commands refused.", c.rejections),
      counter("logline_replayed_total", "Commands answered from an earlier request with the same key.", c.replayed),
      counter("logline_overloaded_total", "Commands refused at the door because too many were in flight.",
              c.overloaded),
      counter("logline_events_total", "Events made durable.", c.events),
      counter("logline_personal_fields_total", "Personal fields sealed before they were journaled.", c.personal_fields),
      counter("logline_unseal_failures_total", "Records shown sealed because a field could not be opened.",
              c.unseal_failures),
      counter("logline_entities_loaded_total", "Entities woken.", c.hosts_loaded),
      counter("logline_entities_failed_total", "Entity hosts that died.", c.hosts_failed),
      counter("logline_entities_retired_total", "Entities sent to sleep.", c.hosts_retired),
      counter("logline_records_folded_total", "Records folded to wake entities.", c.records_folded),
      counter("logline_snapshots_total", "Snapshots written.", c.snapshots_written),
      counter("logline_snapshot_failures_total", "Snapshots that could not be written.", c.snapshot_failures),
      counter("logline_wakes_total", "Wake-ups fired.", c.wakes_fired),
      counter("logline_wakes_stuck_total", "Wake-ups that changed nothing.", c.wakes_stuck),
      counter("logline_reactions_total", "Commands of reactors that took effect.", c.reactions),
      counter("logline_reactions_retried_total", "Commands of reactors sent again.", c.reactions_retried),
      counter("logline_reactions_refused_total", "Commands of reactors that went to the dead letters.",
              c.reactions_refused),
      counter("logline_reactors_stopped_total", "Reactors that stopped on an error.", c.reactors_stopped),
      counter("logline_tasks_completed_total", "Tasks the in-process worker completed.", c.tasks_completed),
      counter("logline_tasks_failed_total", "Task attempts the in-process worker failed.", c.tasks_failed),
      gauge("logline_entities_awake", "Entities in memory.", static_cast<double>(c.hosts_awake.load())),
      gauge("logline_commands_in_flight", "Commands taken and not answered.", static_cast<double>(i.gauge->count())),
      gauge("logline_wake_late_ms", "How late the newest wake-up was.", static_cast<double>(c.wake_late_ms.load())),
      gauge("logline_clock_skew_us", "How far engine time runs ahead of the wall clock.",
            static_cast<double>(i.parts.clock.skew_us())),
  };
  const auto take = [&all](const std::vector<figure>& more) { all.insert(all.end(), more.begin(), more.end()); };
  take(i.meter.figures());
  take(i.parts.alerts->figures());
  for (const auto& part : i.parts.more_figures)
    take(part());
  const auto head = i.parts.log.head().position.value;
  for (const auto& mirror : i.parts.mirrors) {
    const auto& p = *mirror.progress;
    const auto named = [&](std::string_view name) { return fmt::format("{}{{mirror=\"{}\"}}", name, mirror.name); };
    const std::uint64_t there = p.position.load();
    all.push_back(gauge(named("mirror_gseq"), "Newest record the mirror holds.", static_cast<double>(there)));
    all.push_back(gauge(named("mirror_lag_events"), "Records the mirror does not hold yet.",
                        static_cast<double>(head > there ? head - there : 0)));
    const double lag_s = head > there ? static_cast<double>(p.behind_us.load()) / 1e6 : 0;
    all.push_back(gauge(named("mirror_lag_seconds"), "Age of the oldest record not mirrored.", lag_s));
    if (mirror.name == "ndjson")
      all.push_back(gauge("pg_ndjson_lag_seconds", "The same of the NDJSON mirror, by its older name.", lag_s));
    all.push_back(counter(named("mirror_failures_total"), "Failed attempts of the mirror.", p.failures));
    all.push_back(gauge(named("mirror_diverged"), "1: the copy is not one of this journal; the mirror is stopped.",
                        p.diverged.load() ? 1 : 0));
  }
  const auto waiting = i.parts.commits.waiting();
  all.push_back(
      gauge("journal_waiting_records", "Records admitted and not durable.", static_cast<double>(waiting.records)));
  all.push_back(gauge("journal_waiting_bytes", "Bytes admitted and not durable.", static_cast<double>(waiting.bytes)));
  for (auto& [name, value] : i.parts.log.figures())
    all.push_back(gauge(name, "Figure of the journal.", value));
  return all;
}

}  // namespace logline::actors
