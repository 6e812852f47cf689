#include "actors/subscription_reader.hpp"

#include <optional>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::actors {

namespace {

constexpr std::uint64_t lane_bits = (std::uint64_t{1} << 52) - 1;  // exact wherever numbers are doubles

std::uint64_t lane_of(const journal::record_view& r) {
  const auto digest = core::sha256({r.tenant, std::string_view{"\0", 1}, r.type, std::string_view{"\0", 1}, r.key});
  std::uint64_t lane = 0;
  for (std::size_t i = 0; i < sizeof lane; ++i)
    lane = lane << 8 | static_cast<unsigned char>(digest.octets[i]);
  return lane & lane_bits;
}

}  // namespace

core::result<core::gseq> start_of(const journal::partition_log& log, const core::address& subscription,
                                  const messaging::reading_plan& plan) {
  using messaging::start_kind;
  switch (plan.start.from) {
    case start_kind::begin:
      return core::gseq{0};
    case start_kind::gseq:
      return core::gseq{plan.start.gseq.value_or(core::gseq{1}).value - 1};
    case start_kind::time: {
      auto before = log.position_at(plan.start.time.value_or(core::timestamp{}) - core::duration_us{1});
      if (!before) return journal::to_failure(before.error());
      return *before;
    }
    case start_kind::head:
      break;
  }
  std::optional<core::gseq> opened;
  auto read = log.read_entity(subscription, plan.started, [&](const core::record& r) {
    opened = r.position;
    return false;
  });
  if (!read) return journal::to_failure(read.error());
  if (!opened) return core::not_found("the subscription's beginning is not in the log");
  return *opened;
}

core::result<found_events> read_matching(const journal::partition_log& log, const core::address& subscription,
                                         const messaging::event_filter& filter, core::gseq from,
                                         const reading_bounds& bounds) {
  found_events out;
  out.to = from;
  std::uint64_t bytes = 0;
  bool stopped = false;
  auto read = log.scan(core::next(from), [&](const journal::record_view& r) {
    const bool fits =
        messaging::matches(filter, subscription.tenant, {r.tenant, r.type, r.key, r.event, !r.timeline.empty()});
    if (fits && !out.events.empty() && bytes + r.payload.size() > bounds.bytes) return !(stopped = true);
    out.to = r.position;
    ++out.records_looked_at;
    if (fits) {
      if (out.events.empty()) out.first_at = r.at;
      bytes += r.payload.size();
      out.events.push_back({r.position, lane_of(r), static_cast<std::uint32_t>(r.payload.size())});
    } else if (r.belongs_to(subscription)) {
      out.touches_own = true;
    }
    stopped = out.events.size() >= bounds.events || out.records_looked_at >= bounds.records;
    return !stopped;
  });
  if (!read) return journal::to_failure(read.error());
  out.at_head = !stopped;
  return out;
}

}  // namespace logline::actors
