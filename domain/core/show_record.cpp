#include "domain/core/show_record.hpp"

#include <algorithm>

namespace logline::core {

namespace {

template <class T>
void member(sink& to, std::string_view name, const T& value) {
  to.key(name);
  encode_value(to, value);
}

void text_or_null(sink& to, std::string_view name, std::string_view value) {
  to.key(name);
  if (value.empty())
    to.null();
  else
    to.text(value);
}

void show_stamp(const std::optional<timeline_stamp>& stamp, sink& to) {
  to.key("timeline");
  if (!stamp) return to.null();
  to.begin_object(5);
  member(to, "stream", stamp->stream);
  member(to, "site", stamp->dot.site);
  member(to, "n", stamp->dot.n);
  member(to, "lamport", stamp->lamport);
  member(to, "vc", stamp->vector_clock);
  to.end_object();
}

void show_payload(const record& r, const entity_type* type, sink& to) {
  to.key("payload");
  if (type != nullptr) {
    const auto events = type->events();
    const auto known =
        std::find_if(events.begin(), events.end(), [&](const message_info& e) { return e.name == r.event; });
    if (known != events.end()) return show_stored(*known->shape, r.payload, to);
  }
  to.raw(r.payload);
}

}  // namespace

void show_record(const record& r, const entity_type* type, sink& to) {
  to.begin_object(19);
  member(to, "gseq", r.position);
  member(to, "eseq", r.sequence);
  member(to, "tenant", r.entity.tenant);
  member(to, "type", r.entity.type);
  member(to, "key", r.entity.key);
  member(to, "event", r.event);
  member(to, "version", r.schema);
  member(to, "at", r.at);
  member(to, "decided_at", r.decided_at);
  member(to, "site", r.site + '.' + std::to_string(r.generation));
  member(to, "principal", r.principal);
  member(to, "event_id", r.event_id);
  member(to, "command_id", r.command_id);
  member(to, "correlation_id", r.correlation_id);
  text_or_null(to, "causation_id", r.causation_id.is_nil() ? std::string{} : r.causation_id.text());
  text_or_null(to, "trace_id", r.trace_id);
  text_or_null(to, "idempotency_key", r.idempotency ? std::string_view{r.idempotency->key} : std::string_view{});
  show_stamp(r.timeline, to);
  show_payload(r, type, to);
  to.end_object();
}

}  // namespace logline::core
