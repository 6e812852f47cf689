#include "domain/process/webhook_task.hpp"

namespace logline::process {

core::address stream_of(const std::string& tenant, std::string_view prefix, const std::string& connector) {
  constexpr std::size_t key_bytes_max = 128;
  const bool fits = prefix.size() + connector.size() <= key_bytes_max;
  return {tenant, "timeline", std::string{prefix} + (fits ? connector : "sha256:" + core::sha256(connector).hex())};
}

}  // namespace logline::process
