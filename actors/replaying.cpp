#include "actors/replaying.hpp"

#include <algorithm>
#include <optional>

#include "journal/errc.hpp"

namespace logline::actors {

event_standing standing_of(const type_finder& types, std::string_view type, std::string_view event,
                           std::uint16_t version) {
  const auto* known = types(type);
  if (known == nullptr) return event_standing::unknown;
  const auto events = known->events();
  const auto listed = std::find_if(events.begin(), events.end(), [&](const auto& e) { return e.name == event; });
  if (listed != events.end()) return version <= listed->version ? event_standing::known : event_standing::unknown;
  // An event that is not listed is not folded: it is retired, or unknown.
  const auto state = known->vacant();
  return known->apply(state.get(), event, version, "\x80", {}) ? event_standing::retired : event_standing::unknown;
}

core::result<replay_report> replay_records(const journal::partition_log& log, const type_finder& types,
                                           const replay_plan& plan, core::function_ref<void(core::duration_us)> wait,
                                           core::function_ref<core::outcome(const core::record&)> sink) {
  replay_report out;
  core::outcome outcome = core::done{};
  std::optional<core::timestamp> first_at;
  const auto wanted = [&](const core::record& r) {
    return plan.types.empty() || std::find(plan.types.begin(), plan.types.end(), r.entity.type) != plan.types.end();
  };
  const auto take = [&](const core::record& r) {
    if (r.position > plan.to) return false;
    out.last = r.position;
    if (!wanted(r)) return true;
    const auto standing = standing_of(types, r.entity.type, r.event, r.schema);
    if (standing == event_standing::unknown) {
      ++out.unknown;
      if (plan.skip_unknown) return true;
      outcome = core::failure{core::failure_kind::internal, "UNKNOWN_SCHEMA",
                              fmt::format("gseq {}: this program does not know {} version {} of {}", r.position.value,
                                          r.event, r.schema, r.entity.type)};
      return false;
    }
    out.retired += standing == event_standing::retired ? 1 : 0;
    if (!first_at) first_at = r.at;
    if (plan.speed > 0) wait({static_cast<std::int64_t>(static_cast<double>((r.at - *first_at).us) / plan.speed)});
    outcome = sink(r);
    out.records += outcome ? 1 : 0;
    return outcome.has_value();
  };
  if (plan.from > log.head().position) return out;
  auto read = log.read(plan.from, take);
  if (!read) return journal::to_failure(read.error());
  if (!outcome) return outcome.error();
  return out;
}

}  // namespace logline::actors
