#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

/// Bounds of a timeline, and why.
namespace logline::timeline {

/// A journal record, envelope included (JRN-12). A payload may use what the rest of the record leaves of it, so
/// TLN-12's 1 MiB is reached less some KiB: see payload_room.
inline constexpr std::size_t record_bytes_max = std::size_t{1} << 20;
/// Room for address, principal and idempotency key (4 KiB), an origin's signature (8 KiB), and the longest reply, which
/// is stored with the record (12 KiB of items and 20 KiB of cursor): what a site accepts, every other site can merge.
inline constexpr std::size_t beside_payload_bytes_max = std::size_t{44} << 10;

inline constexpr std::size_t components_max = 256;  ///< of a vector, and of all of a stream's (TLN-12)
inline constexpr std::size_t site_bytes_max = 64;
inline constexpr std::uint64_t clock_max =
    std::numeric_limits<std::int64_t>::max();  ///< of any component or Lamport number
/// Of a Lamport number that somebody else brings: nobody can move a stream's clock to its end.
inline constexpr std::uint64_t lamport_claim_max = std::uint64_t{1} << 62;

inline constexpr std::size_t batch_items_max = 1'000;                 ///< of merge_external (FED-17)
inline constexpr std::size_t batch_bytes_max = std::size_t{4} << 20;  ///< of its payloads together (FED-17)
/// Events that wait for their predecessors. One merge may release all of them, and a command's events are one journal
/// batch of at most 10 000 (JRN-12).
inline constexpr std::size_t waiting_max = 8'192;

inline constexpr std::int64_t page_events_max = 1'000;               ///< of one answer (TLN-06)
inline constexpr std::size_t page_bytes_max = std::size_t{4} << 20;  ///< of its payloads; one event always fits

}  // namespace logline::timeline
