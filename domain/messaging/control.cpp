#include <algorithm>

#include "domain/messaging/subscription.hpp"

/// open, configure, reset, close.
namespace logline::messaging {

using core::context;
using core::decision;

namespace {

constexpr std::size_t name_bytes_max = 256;

core::outcome check_names(std::string_view where, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (name.empty() || name.size() > name_bytes_max)
      return core::invalid_input(fmt::format("{}: a name has 1 to {} bytes", where, name_bytes_max),
                                 {{fmt::format("/{}", where), "must hold names of 1 to 256 bytes"}});
  return core::done{};
}

core::outcome check_filter(const event_filter& filter) {
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {{"filter/tenants", &filter.tenants},
                                                                           {"filter/types", &filter.types},
                                                                           {"filter/streams", &filter.streams},
                                                                           {"filter/events", &filter.events}};
  for (const auto& [where, names] : lists)
    if (auto good = check_names(where, *names); !good) return good;
  return core::done{};
}

subscription_configured values_of(const in_force& now) {
  return {now.filter, now.members, now.lease_s, now.max_deliveries, now.window};
}
bool is_same(const subscription_configured& a, const subscription_configured& b) {
  return a.filter == b.filter && a.members == b.members && a.lease_s == b.lease_s &&
         a.max_deliveries == b.max_deliveries && a.window == b.window;
}

}  // namespace

decision decide(const subscription& state, const open_subscription& command, const context&) {
  if (auto good = check_filter(command.filter); !good) return good.error();
  if (auto good = check_names("members", command.members); !good) return good.error();
  auto start = parse_start(command.start);
  if (!start) return start.error();
  const subscription_configured wanted{command.filter, command.members, command.lease_s, command.max_deliveries,
                                       command.window};
  if (const auto* now = find_in_force(state)) {
    if (is_same(values_of(*now), wanted) && now->start == *start) return {};
    return core::conflict("the subscription is open with other values; configure or reset it");
  }
  return decision{}.emit(subscription_opened{command.filter, *start, command.members, command.lease_s,
                                             command.max_deliveries, command.window});
}

decision decide(const subscription& state, const configure_subscription& command, const context&) {
  const auto* now = find_in_force(state);
  if (now == nullptr) return not_in_force(state);
  auto wanted = values_of(*now);
  if (command.filter) wanted.filter = *command.filter;
  if (command.members) wanted.members = *command.members;
  if (command.lease_s) wanted.lease_s = *command.lease_s;
  if (command.max_deliveries) wanted.max_deliveries = *command.max_deliveries;
  if (command.window) wanted.window = *command.window;
  if (auto good = check_filter(wanted.filter); !good) return good.error();
  if (auto good = check_names("members", wanted.members); !good) return good.error();
  if (is_same(values_of(*now), wanted)) return {};
  return decision{}.emit(std::move(wanted));
}

decision decide(const subscription& state, const reset_subscription& command, const context&) {
  if (find_in_force(state) == nullptr) return not_in_force(state);
  auto start = parse_start(command.start);
  if (!start) return start.error();
  return decision{}.emit(subscription_reset{*start});
}

decision decide(const subscription& state, const close_subscription& command, const context&) {
  if (std::holds_alternative<closed>(state.now)) return {};
  if (find_in_force(state) == nullptr) return not_in_force(state);
  return decision{}.emit(subscription_closed{command.reason});
}

}  // namespace logline::messaging
