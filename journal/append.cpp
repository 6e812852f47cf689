#include "journal/append.hpp"

namespace logline::journal {

namespace {

// Ids, times, positions and msgpack heads of one record: an upper bound, see the element list in record.cpp.
constexpr std::size_t record_overhead_bytes = 240;

std::size_t weight_of(const core::timeline_stamp& stamp) {
  std::size_t bytes = stamp.stream.size() + stamp.dot.site.size() + 40;
  for (const auto& [site, n] : stamp.vector_clock)
    bytes += site.size() + 14;
  return bytes;
}

}  // namespace

std::size_t append_request::weight() const {
  const std::size_t common =
      entity.tenant.size() + entity.type.size() + entity.key.size() + principal.value.size() + trace_id.size();
  std::size_t bytes = idempotency ? idempotency->key.size() + idempotency->reply.size() + 48 : 0;
  for (const auto& draft : events) {
    bytes += record_overhead_bytes + common + draft.event.size() + draft.payload.size() + draft.owner.size();
    for (const auto& place : draft.sealed)
      bytes += place.size() + 5;
    if (draft.timeline) bytes += weight_of(*draft.timeline);
  }
  return bytes;
}

}  // namespace logline::journal
