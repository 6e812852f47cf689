#include <charconv>
#include <vector>

#include "domain/work/replies.hpp"
#include "domain/work/rules.hpp"
#include "domain/work/task_queue.hpp"

/// list, dead, show, stats (TSK-10, TSK-13).
namespace logline::work {

using core::context;
using core::decision;

namespace {

constexpr std::size_t looked_at_max = 10'000;
constexpr time_key before_all{core::timestamp{std::numeric_limits<std::int64_t>::min()}, {}};

// A cursor is the place of the last task of a page: microseconds, ':', id.
std::string cursor_at(const time_key& place) {
  return fmt::format("{}:{}", place.at.us, place.id.text());
}

core::result<time_key> place_of(const std::optional<std::string>& cursor) {
  if (!cursor) return before_all;
  time_key place;
  const auto* end = cursor->data() + cursor->size();
  const auto [stopped, error] = std::from_chars(cursor->data(), end, place.at.us);
  if (error == std::errc{} && stopped != end && *stopped == ':')
    if (const auto id = core::parse_uuid({stopped + 1, end})) {
      place.id = *id;
      return place;
    }
  return core::invalid_input("/cursor is not one that an earlier page named",
                             {{"/cursor", "is not one that an earlier page named"}});
}

merged_walk walk_of(const task_queue& queue, const list_tasks& query, const time_key& after) {
  merged_walk walk;
  if (query.status != task_status::pending) {
    walk.join(queue.tasks.by_run_at(query.status), after);
    return walk;
  }
  for (std::size_t priority = 0; priority < due_order::priorities; ++priority)
    for (const auto& [kind, lane] : queue.tasks.due().of_priority(priority))
      if (!query.kind || *query.kind == kind) walk.join(lane, after);
  return walk;
}

kind_stats stats_of(const task_table::counts& counts, bool paused) {
  const auto of = [&](task_status status) {
    return static_cast<std::int64_t>(counts[static_cast<std::size_t>(status)]);
  };
  return {of(task_status::pending), of(task_status::running),   of(task_status::done),
          of(task_status::error),   of(task_status::cancelled), paused};
}

void write_dead(core::quoting_sink& to, const core::uuid& id, const task& t) {
  to.begin_object(8);
  to.key("id");
  encode_value(to, id);
  to.key("kind");
  to.text(*t.kind);
  to.key("attempts");
  to.integer(t.attempts);
  to.key("retries");
  to.integer(t.retries);
  to.key("created_at");
  encode_value(to, t.created_at);
  to.key("first_failed_at");
  encode_value(to, t.first_failed_at);
  to.key("died_at");
  encode_value(to, t.updated_at);
  to.key("last_error");
  to.quote(t.last_failure, "error");
  to.end_object();
}

}  // namespace

decision answer(const task_queue& queue, const list_tasks& query, const context&) {
  const auto after = place_of(query.cursor);
  if (!after) return after.error();
  auto walk = walk_of(queue, query, *after);
  task_page page;
  std::size_t looked_at = 0;
  for (const auto* place = walk.next(); place != nullptr; place = walk.next()) {
    const auto& t = *queue.tasks.find(place->id);
    if (!query.kind || *query.kind == *t.kind)
      page.tasks.push_back({place->id, *t.kind, t.status(), t.run_at, t.attempts});
    if (static_cast<std::int64_t>(page.tasks.size()) < query.limit && ++looked_at < looked_at_max) continue;
    if (walk.next() != nullptr) page.cursor = cursor_at(*place);
    break;
  }
  return decision{}.answer(page);
}

decision answer(const task_queue& queue, const dead_letters& query, const context&) {
  const auto after = place_of(query.cursor);
  if (!after) return after.error();
  const auto& dead = queue.tasks.dead_letters();
  std::vector<time_key> page;
  auto it = dead.upper_bound(*after);
  for (; it != dead.end() && static_cast<std::int64_t>(page.size()) < query.limit; ++it)
    page.push_back(*it);
  core::quoting_sink reply;
  reply.begin_object(it == dead.end() ? 1 : 2);
  reply.key("tasks");
  reply.begin_array(page.size());
  for (const auto& place : page)
    write_dead(reply, place.id, *queue.tasks.find(place.id));
  reply.end_array();
  if (it != dead.end()) {
    reply.key("cursor");
    reply.text(cursor_at(page.back()));
  }
  reply.end_object();
  decision out;
  out.answer_quoting(std::move(reply));
  return out;
}

decision answer(const task_queue& queue, const show_task& query, const context&) {
  const auto* t = queue.tasks.find(query.id);
  if (t == nullptr) return no_such_task(query.id);
  const auto* leased = std::get_if<running>(&t->now);
  core::quoting_sink reply;
  reply.begin_object(leased != nullptr ? 4 : 3);
  reply.key("task");
  encode_value(reply, row_of(query.id, *t));
  reply.key("payload");
  reply.quote(t->enqueued);
  reply.key("last_error");
  if (t->last_failure.value == 0)
    reply.null();
  else
    reply.quote(t->last_failure, "error");
  if (leased != nullptr) {
    reply.key("lease");
    encode_value(reply, *queue.leases.find(leased->lease_id));
  }
  reply.end_object();
  decision out;
  out.answer_quoting(std::move(reply));
  return out;
}

decision answer(const task_queue& queue, const queue_stats&, const context&) {
  stats_now stats;
  task_table::counts all{};
  for (const auto& [kind, counts] : queue.tasks.kinds()) {
    stats.kinds[kind] = stats_of(counts, is_kind_paused(queue, kind));
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] += counts[i];
  }
  stats.all = stats_of(all, queue.paused);
  for (std::size_t priority = 0; priority < due_order::priorities; ++priority)
    for (const auto& [kind, lane] : queue.tasks.due().of_priority(priority))
      stats.oldest_run_at = std::min(stats.oldest_run_at.value_or(core::never), lane.begin()->at);
  return decision{}.answer(stats);
}

}  // namespace logline::work
