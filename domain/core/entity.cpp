#include "domain/core/entity.hpp"

namespace logline::core {

digest entity_type::state_hash(const void* state) const {
  std::string encoded;
  msgpack_sink to{encoded};
  to.text(name());
  to.unsigned_integer(fold_version());
  encode_state(state, to);
  return sha256(encoded);
}

namespace detail {

failure unknown_command(std::string_view entity, std::string_view command) {
  return {
      failure_kind::not_found, "UNKNOWN_COMMAND",
      fmt::format("entity type {} has no command or query \"{}\"; see the list of types", entity, excerpt(command))};
}

failure unknown_event(std::string_view entity, std::string_view event, std::uint16_t version) {
  return {failure_kind::internal, "UNKNOWN_SCHEMA",
          fmt::format("entity type {} knows no event {} of version {}", entity, event, version)};
}

}  // namespace detail

}  // namespace logline::core
