#include <algorithm>
#include <vector>

#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"
#include "domain/work/task_queue.hpp"

/// lease, heartbeat, release (TSK-03, TSK-05, WRK-04).
namespace logline::work {

using core::context;
using core::decision;

namespace {

constexpr std::size_t reply_payload_bytes_max = 8'388'608;
// Tasks that have expired are passed over; time cancels them. This bounds how many, should time be late.
constexpr std::size_t passed_over_max = 1'000;
constexpr std::size_t release_max = 1'000;

struct candidate {
  core::uuid id;
  const task* t;
};

/// The tasks that a lease may choose from.
class choice {
 public:
  choice(const task_queue& queue, const lease_tasks& command) : queue_(queue) {
    if (!command.kinds) return;
    kinds_ = *command.kinds;
    std::sort(kinds_->begin(), kinds_->end());
    kinds_->erase(std::unique(kinds_->begin(), kinds_->end()), kinds_->end());
  }

  /// Nothing can be leased, whatever waits.
  bool is_shut() const {
    if (queue_.paused) return true;
    return kinds_ &&
           std::all_of(kinds_->begin(), kinds_->end(), [&](const auto& k) { return is_kind_paused(queue_, k); });
  }

  /// The first tasks that are due, in the order of TSK-03.
  std::vector<candidate> due(core::timestamp now, std::size_t limit) const {
    std::vector<candidate> out;
    std::size_t bytes = 0;
    std::size_t passed_over = 0;
    for (std::size_t priority = due_order::priorities; priority-- > 0;) {
      merged_walk walk;
      each_lane(priority, [&](const time_order& lane) {
        if (lane.begin()->at <= now) walk.join(lane);
      });
      for (const auto* place = walk.next(); place != nullptr && place->at <= now; place = walk.next()) {
        const auto* t = queue_.tasks.find(place->id);
        if (t->expires_at <= now) {
          if (++passed_over == passed_over_max) return out;
          continue;
        }
        bytes += t->payload_bytes;
        if (!out.empty() && bytes > reply_payload_bytes_max) return out;
        out.push_back({place->id, t});
        if (out.size() == limit) return out;
      }
    }
    return out;
  }

  /// When the first task that is not due yet becomes due; `never` when none will.
  core::timestamp next_due(core::timestamp now) const {
    core::timestamp earliest = core::never;
    for (std::size_t priority = 0; priority < due_order::priorities; ++priority)
      each_lane(priority, [&](const time_order& lane) {
        const auto next = lane.lower_bound({now + core::duration_us{1}, {}});
        if (next != lane.end()) earliest = std::min(earliest, next->at);
      });
    return earliest;
  }

 private:
  template <class Visit>
  void each_lane(std::size_t priority, Visit&& visit) const {
    const auto& lanes = queue_.tasks.due().of_priority(priority);
    if (!kinds_) {
      for (const auto& [kind, lane] : lanes)
        if (!is_kind_paused(queue_, kind)) visit(lane);
      return;
    }
    for (const auto& kind : *kinds_)
      if (const auto lane = lanes.find(kind); lane != lanes.end() && !is_kind_paused(queue_, kind)) visit(lane->second);
  }

  const task_queue& queue_;
  std::optional<std::vector<std::string>> kinds_;
};

void write_leased(core::quoting_sink& to, const candidate& c, const task_leased& event) {
  to.begin_object(10);
  to.key("task_id");
  encode_value(to, c.id);
  to.key("kind");
  to.text(*c.t->kind);
  to.key("payload");
  to.quote(c.t->enqueued);
  to.key("lease_id");
  encode_value(to, event.lease_id);
  to.key("token");
  to.unsigned_integer(event.token);
  to.key("until");
  encode_value(to, event.until);
  to.key("attempt");
  to.integer(event.attempt);
  to.key("max_attempts");
  to.integer(c.t->max_attempts);
  to.key("run_at");
  encode_value(to, c.t->run_at);
  to.key("created_at");
  encode_value(to, c.t->created_at);
  to.end_object();
}

decision hand_out(const task_queue& queue, const lease_tasks& command, const std::vector<candidate>& chosen,
                  const context& ctx) {
  decision out;
  core::quoting_sink reply;
  reply.begin_object(1);
  reply.key("tasks");
  reply.begin_array(chosen.size());
  auto token = queue.last_token;
  for (const auto& c : chosen) {
    const auto length = command.lease_s ? core::seconds(*command.lease_s) : lease_length(queue, *c.t);
    const task_leased event{c.id, ctx.new_id(), command.worker_id, c.t->attempts + 1, ++token, ctx.now + length};
    write_leased(reply, c, event);
    out.emit(event);
  }
  reply.end_array();
  reply.end_object();
  out.answer_quoting(std::move(reply));
  return out;
}

}  // namespace

// A command that may wait is asked again after every change of state, when the next task becomes due, and at its
// deadline. Who waits, waits for the end of a pause as for a task, and hears of neither when nothing came; who does not
// wait is told.
decision decide(const task_queue& queue, const lease_tasks& command, const context& ctx) {
  const choice tasks{queue, command};
  const auto deadline = ctx.waiting_since() + core::milliseconds(command.wait_ms);
  if (tasks.is_shut() && command.wait_ms == 0)
    return core::failure{core::failure_kind::conflict, "QUEUE_PAUSED", "no tasks are handed out while the pause lasts"};
  if (tasks.is_shut()) return ctx.now < deadline ? decision::wait_until(deadline) : hand_out(queue, command, {}, ctx);
  const auto chosen = tasks.due(ctx.now, static_cast<std::size_t>(command.limit));
  if (chosen.empty() && ctx.now < deadline) return decision::wait_until(std::min(deadline, tasks.next_due(ctx.now)));
  return hand_out(queue, command, chosen, ctx);
}

decision decide(const task_queue& queue, const heartbeat& command, const context& ctx) {
  const auto* held = queue.leases.find(command.lease_id);
  if (held == nullptr || held->until <= ctx.now) return lease_lost(command.lease_id);
  const auto& t = *queue.tasks.find(held->task_id);
  const auto until = ctx.now + (command.extend_s ? core::seconds(*command.extend_s) : lease_length(queue, t));
  const bool cancel = held->cancel_reason.has_value();
  if (until <= held->until) return decision{}.answer(lease_extended{held->until, cancel});
  return decision{}.emit(task_lease_extended{held->task_id, held->id, until}).answer(lease_extended{until, cancel});
}

decision decide(const task_queue& queue, const release& command, const context&) {
  decision out;
  const auto held = queue.leases.of_worker(command.worker_id, release_max);
  for (const auto* l : held) {
    out.emit(task_released{l->task_id, l->id, l->cancel_reason ? task_status::cancelled : task_status::pending});
    if (l->cancel_reason) out.emit(task_cancelled{l->task_id, *l->cancel_reason});
  }
  const auto left = queue.leases.count_of(command.worker_id) - held.size();
  out.answer(leases_released{static_cast<std::int64_t>(held.size()), static_cast<std::int64_t>(left)});
  return out;
}

}  // namespace logline::work
