#include "domain/process/webhook_intake.hpp"

#include <utility>

#include "domain/integration/connector.hpp"
#include "domain/process/webhook_task.hpp"
#include "domain/timeline/commands.hpp"
#include "domain/work/commands.hpp"

namespace logline::process {

namespace {

using integration::delivery_received;

/// What the timeline shows of a delivery.
struct webhook_entry {
  std::string delivery_id;
  core::digest digest;
  std::optional<std::string> event;
  std::uint64_t size = 0;
  std::optional<std::string> content_type;
  std::string connector;
};
constexpr auto describe(core::type_tag<webhook_entry>) {
  using core::field;
  return core::description<webhook_entry>(
      "webhook_entry", "A delivery came.", field("delivery_id", &webhook_entry::delivery_id),
      field("digest", &webhook_entry::digest), field("event", &webhook_entry::event),
      field("size", &webhook_entry::size), field("content_type", &webhook_entry::content_type),
      field("connector", &webhook_entry::connector));
}

core::result<std::vector<core::outgoing_command>> react(const core::record& record) {
  if (record.schema != core::codec<delivery_received>::about.version)
    return core::failure{core::failure_kind::internal, "UNKNOWN_SCHEMA",
                         fmt::format("webhook_intake knows no {} of version {}", record.event, record.schema)};
  auto read = core::from_msgpack<delivery_received>(record.payload);
  if (!read) return read.error();
  const delivery_received& came = *read;
  const std::string& connector = record.entity.key;

  // Shown form: what these say is read by people and by workers in other languages.
  timeline::append entry;
  entry.payload.msgpack = core::to_shown_msgpack(
      webhook_entry{came.delivery_id, came.digest, came.event, came.size, came.content_type, connector});
  work::enqueue task;
  task.kind = webhook_task_kind;
  task.payload.msgpack =
      core::to_shown_msgpack(webhook_task{connector, came.delivery_id, came.digest, came.event, came.size});
  task.subject = came.subject;
  const std::string& tenant = record.entity.tenant;
  return std::vector{core::outgoing_command::of(stream_of(tenant, "webhooks.", connector), entry),
                     core::outgoing_command::of(core::address{tenant, "task_queue", std::string{webhook_queue}}, task)};
}

}  // namespace

const core::reactor_type& webhook_intake_reactor() {
  static const core::reactor_type reactor{"webhook_intake",
                                          "Notes each received delivery on a timeline and makes a task of it.",
                                          "connector", core::codec<delivery_received>::about.name, react};
  return reactor;
}

}  // namespace logline::process
