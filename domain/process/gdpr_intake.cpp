#include "domain/process/gdpr_intake.hpp"

#include "domain/privacy/gdpr_request.hpp"
#include "domain/timeline/commands.hpp"
#include "domain/work/commands.hpp"

namespace logline::process {

namespace {

using privacy::gdpr_overdue;
using privacy::gdpr_requested;

// Erasing many subjects, or one from a large key store, takes its time.
constexpr std::int64_t lease_s = 3'600;

struct gdpr_entry {
  std::string id;
  std::string subject;
  privacy::request_kind kind = privacy::request_kind::erase;
};
constexpr auto describe(core::type_tag<gdpr_entry>) {
  using core::field;
  return core::description<gdpr_entry>("gdpr_entry", "A request came.", field("id", &gdpr_entry::id),
                                       field("subject_id", &gdpr_entry::subject), field("kind", &gdpr_entry::kind));
}

core::failure unknown_version(const core::record& record) {
  return {core::failure_kind::internal, "UNKNOWN_SCHEMA",
          fmt::format("no {} of version {} is known", record.event, record.schema)};
}

core::outgoing_command task_for(const core::record& record, std::string_view kind) {
  work::enqueue task;
  task.kind = kind;
  task.payload.msgpack = core::to_shown_msgpack(gdpr_task{record.entity.key});
  task.lease_s = lease_s;
  return core::outgoing_command::of({record.entity.tenant, "task_queue", std::string{privacy_queue}}, task);
}

core::result<std::vector<core::outgoing_command>> take_in(const core::record& record) {
  if (record.schema != core::codec<gdpr_requested>::about.version) return unknown_version(record);
  const auto read = core::from_msgpack<gdpr_requested>(record.payload);
  if (!read) return read.error();
  timeline::append entry;
  entry.payload.msgpack = core::to_shown_msgpack(gdpr_entry{record.entity.key, read->subject, read->kind});
  return std::vector{core::outgoing_command::of({record.entity.tenant, "timeline", std::string{gdpr_stream}}, entry),
                     task_for(record, gdpr_task_kind)};
}

core::result<std::vector<core::outgoing_command>> report(const core::record& record) {
  if (record.schema != core::codec<gdpr_overdue>::about.version) return unknown_version(record);
  return std::vector{task_for(record, gdpr_alert_kind)};
}

}  // namespace

const core::reactor_type& gdpr_intake_reactor() {
  static const core::reactor_type reactor{"gdpr_intake", "Notes each request about a person's data, and makes a task.",
                                          "gdpr_request", core::codec<gdpr_requested>::about.name, take_in};
  return reactor;
}

const core::reactor_type& gdpr_overdue_reactor() {
  static const core::reactor_type reactor{"gdpr_overdue", "Has an operator told of a request that waits too long.",
                                          "gdpr_request", core::codec<gdpr_overdue>::about.name, report};
  return reactor;
}

}  // namespace logline::process
