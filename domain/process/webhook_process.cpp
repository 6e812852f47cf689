#include "domain/process/webhook_process.hpp"

#include "domain/process/webhook_task.hpp"
#include "domain/timeline/commands.hpp"

namespace logline::process {

namespace {

struct webhook_result {
  std::string delivery_id;
  core::digest digest;
  bool handled = true;
};
constexpr auto describe(core::type_tag<webhook_result>) {
  using core::field;
  return core::description<webhook_result>(
      "webhook_result", "The delivery was handled.", field("delivery_id", &webhook_result::delivery_id),
      field("digest", &webhook_result::digest), field("handled", &webhook_result::handled));
}

struct processed_entry {
  std::string delivery_id;
  core::digest digest;
  std::optional<std::string> event;
  std::string connector;
  core::uuid task_id;
};
constexpr auto describe(core::type_tag<processed_entry>) {
  using core::field;
  return core::description<processed_entry>(
      "processed_entry", "A delivery was handled.", field("delivery_id", &processed_entry::delivery_id),
      field("digest", &processed_entry::digest), field("event", &processed_entry::event),
      field("connector", &processed_entry::connector), field("task_id", &processed_entry::task_id));
}

core::result<webhook_task> read_task(const core::document& payload) {
  webhook_task task;
  core::decode_scope scope{true};
  auto parsed = core::read_msgpack(
      payload.msgpack, [&](const core::source& from) { core::codec<webhook_task>::decode(from, task, scope, {}); });
  if (!parsed) return parsed.error();
  if (scope.failed()) return scope.take_failure("payload");
  return task;
}

core::result<core::task_outcome> handle(const core::address& queue, const core::uuid& task_id,
                                        const core::document& payload) {
  auto task = read_task(payload);
  if (!task) return task.error();
  timeline::append entry;
  entry.payload.msgpack =
      core::to_shown_msgpack(processed_entry{task->delivery_id, task->digest, task->event, task->connector, task_id});
  core::task_outcome outcome;
  outcome.result.msgpack = core::to_shown_msgpack(webhook_result{task->delivery_id, task->digest, true});
  outcome.commands.push_back(core::outgoing_command::of(stream_of(queue.tenant, "processed.", task->connector), entry));
  return outcome;
}

}  // namespace

const core::task_handler& webhook_process_handler() {
  static const core::task_handler handler{webhook_task_kind, "Notes that a webhook delivery was handled.", handle};
  return handler;
}

}  // namespace logline::process
