#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/core/address.hpp"
#include "domain/core/described.hpp"
#include "domain/core/digest.hpp"

/// What webhook_intake and webhook_process agree on.
namespace logline::process {

inline constexpr std::string_view webhook_task_kind = "webhook.process";
inline constexpr std::string_view webhook_queue = "webhooks";

/// One delivery without its body, as the payload of its task. The body stays with the connector.
struct webhook_task {
  std::string connector;
  std::string delivery_id;
  core::digest digest;
  std::optional<std::string> event;
  std::uint64_t size = 0;
};
constexpr auto describe(core::type_tag<webhook_task>) {
  using core::field;
  return core::description<webhook_task>(
      "webhook_task", "A delivery to be worked on.",
      field("connector", &webhook_task::connector, {.size_min = 1, .size_max = 128}),
      field("delivery_id", &webhook_task::delivery_id, {.size_min = 1, .size_max = 512}),
      field("digest", &webhook_task::digest, {.doc = "SHA-256 of the body"}),
      field("event", &webhook_task::event, {.size_max = 1'024}), field("size", &webhook_task::size, {.unit = "bytes"}));
}

/// "<tenant>/timeline/<prefix><connector>". A connector's name may be as long as a key may be; where the two together
/// are longer, the name's SHA-256 stands for it.
core::address stream_of(const std::string& tenant, std::string_view prefix, const std::string& connector);

}  // namespace logline::process
