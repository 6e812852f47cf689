#include "actors/router.hpp"

#include <malloc.h>

#include <utility>

#include <caf/all.hpp>

#include "actors/entity_host.hpp"

namespace logline::actors {

namespace {

core::failure no_such_type(const core::address& entity) {
  return {core::failure_kind::not_found, "UNKNOWN_TYPE", fmt::format("no entity type \"{}\"", entity.type)};
}

}  // namespace

router::router(host_services services, router_limits limits, type_finder types, timekeeper_actor timekeeper,
               caf::actor_system& system)
    : services_(std::move(services)),
      limits_(limits),
      types_(std::move(types)),
      timekeeper_(std::move(timekeeper)),
      system_(system),
      crowded_at_(limits.resident_max) {}

router::shard& router::shard_of(const core::address& entity) {
  return shards_[std::hash<core::address>{}(entity) / 7 % shards_.size()];
}

router::host* router::find_or_wake(shard& in, const core::address& entity) {
  auto found = in.hosts.find(entity);
  if (found == in.hosts.end()) {
    const auto* type = types_(entity.type);
    if (type == nullptr) return nullptr;
    auto actor = system_.spawn(entity_host, services_, type, entity, this, timekeeper_);
    found = in.hosts.emplace(entity, host{std::move(actor), 0, {}}).first;
    const std::size_t crowd = crowded_at_.load(std::memory_order_relaxed);
    if (++awake_ > crowd) {
      crowded_at_ = crowd + limits_.resident_max / 16 + 1;
      caf::anon_send(timekeeper_, atom::sweep_v);
    }
  }
  return &found->second;
}

template <class... Message>
bool router::send(const core::address& to, const Message&... message) {
  shard& in = shard_of(to);
  const std::lock_guard lock{in.mutex};
  if (in.stopped) return true;
  auto* h = find_or_wake(in, to);
  if (h == nullptr) return false;
  ++h->sent;
  h->last_used = services_.clock->now();
  caf::anon_send(h->actor, message...);
  return true;
}

void router::deliver(const command_message& command) {
  if (!send(command->request.to, atom::deliver_v, command)) command->answer.deliver(no_such_type(command->request.to));
}

void router::show(const view_message& view) {
  if (!send(view->entity, atom::show_v, view)) view->answer.deliver(no_such_type(view->entity));
}

void router::wake(const core::address& entity) {
  send(entity, atom::wake_v);
}

void router::sweep() {
  const bool crowded = awake_.load() > limits_.resident_max;
  crowded_at_ = limits_.resident_max;
  // glibc keeps what many small blocks have freed; a node that has been busy would look busy for ever.
  if (retired_since_trim_.load() > 10'000) {
    retired_since_trim_ = 0;
    ::malloc_trim(0);
  }
  const auto idle_before = services_.clock->now() - limits_.idle;
  for (auto& s : shards_) {
    const std::lock_guard lock{s.mutex};
    for (auto& [entity, h] : s.hosts)
      if (crowded || h.last_used < idle_before) caf::anon_send(h.actor, atom::retire_v, h.sent);
  }
}

void router::drain() {
  for (auto& s : shards_) {
    const std::lock_guard lock{s.mutex};
    for (auto& [entity, h] : s.hosts)
      caf::anon_send(h.actor, atom::drain_v);
  }
}

void router::stop() {
  for (auto& s : shards_) {
    const std::lock_guard lock{s.mutex};
    s.stopped = true;
    for (auto& [entity, h] : s.hosts)
      caf::anon_send_exit(h.actor, caf::exit_reason::user_shutdown);
    s.hosts.clear();
  }
}

bool router::release(const core::address& entity, std::uint64_t sent) {
  shard& in = shard_of(entity);
  const std::lock_guard lock{in.mutex};
  const auto found = in.hosts.find(entity);
  if (found == in.hosts.end() || found->second.sent != sent) return false;
  in.hosts.erase(found);
  --awake_;
  ++retired_since_trim_;
  ++services_.count->hosts_retired;
  return true;
}

void router::forget(const core::address& entity, caf::actor_id id) {
  shard& in = shard_of(entity);
  const std::lock_guard lock{in.mutex};
  const auto found = in.hosts.find(entity);
  if (found == in.hosts.end() || found->second.actor.id() != id) return;
  in.hosts.erase(found);
  --awake_;
}

}  // namespace logline::actors
