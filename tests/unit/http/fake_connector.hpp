#pragma once

#include <map>
#include <string>

#include "domain/core/entity.hpp"

namespace logline::fixtures {

/// The shape of a connector's inbox, and nothing else of it.
struct open_inbox {
  std::string secret;
  std::optional<std::string> id_header;
  std::optional<std::string> event_header;
};
struct receive {
  std::map<std::string, std::string> headers;
  core::bytes body;
  std::optional<core::timestamp> received_at;
};
struct delivery_received {
  core::bytes body;
};
struct connector_state {
  std::int64_t received = 0;
};

constexpr auto describe(core::type_tag<open_inbox>) {
  using core::field;
  return core::description<open_inbox>("open", "Opens the inbox.", field("secret", &open_inbox::secret),
                                       field("id_header", &open_inbox::id_header),
                                       field("event_header", &open_inbox::event_header));
}
constexpr auto describe(core::type_tag<receive>) {
  using core::field;
  return core::description<receive>("receive", "Takes a delivery.", field("headers", &receive::headers),
                                    field("body", &receive::body, {.size_max = 1 << 20}),
                                    field("received_at", &receive::received_at));
}
constexpr auto describe(core::type_tag<connector_state>) {
  return core::description<connector_state>("connector", "An inbox.",
                                            core::field("received", &connector_state::received));
}
constexpr auto describe(core::type_tag<delivery_received>) {
  return core::description<delivery_received>("delivery_received", "A delivery came.",
                                              core::field("body", &delivery_received::body));
}
inline core::decision decide(const connector_state&, const open_inbox&, const core::context&) {
  return {};
}
inline core::decision decide(const connector_state&, const receive& command, const core::context&) {
  return core::decision{}.emit(delivery_received{command.body});
}
inline void evolve(connector_state& state, const delivery_received&) {
  ++state.received;
}

struct connector_definition {
  static constexpr std::string_view name = "connector";
  static constexpr std::string_view doc = "An inbox for tests.";
  static constexpr std::uint32_t fold_version = 1;
  using state = connector_state;
  using commands = core::type_list<open_inbox, receive>;
  using events = core::type_list<delivery_received>;
};

inline const core::entity_type& fake_connector() {
  static const core::typed_entity<connector_definition> type;
  return type;
}

}  // namespace logline::fixtures
