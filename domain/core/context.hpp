#pragma once

#include <cstdint>
#include <string>

#include "domain/core/ids.hpp"
#include "domain/core/secret_box.hpp"
#include "domain/core/time.hpp"
#include "domain/core/uuid.hpp"

namespace logline::core {

/// Pseudo-random draws from a seed that the shell supplies (SplitMix64, Steele et al. 2014): the same seed, the same
/// draws.
class draw_source {
 public:
  constexpr draw_source() = default;
  explicit constexpr draw_source(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_ = 0;
};

/// Everything a decision may know beside the entity's state and the command (ENG-01). The shell fills it; deciders read
/// it.
struct context {
  timestamp now;  ///< engine time: never goes back (ENG-06)
  principal_id principal;
  uuid command_id;
  std::string origin = "local.1";       ///< "site.generation" of this node, the clock component of timelines (TLN-02)
  timestamp asked_at;                   ///< when a command that waits was asked first; zero when this is the first time
  const secret_box* secrets = nullptr;  ///< opens sealed secrets; null where no key exists
  mutable draw_source draws;
  mutable std::uint64_t ids_made = 0;  ///< by new_id()

  /// Since when the caller waits: the same at every asking (see decision::wait_until).
  timestamp waiting_since() const { return asked_at.us == 0 ? now : asked_at; }

  /// UUIDv7 of engine time (ENG-02). Ids of one decision ascend in the order in which they are made, and those of a
  /// later microsecond come after them: the microseconds stand behind the milliseconds (RFC 9562 §6.2, method 3), then
  /// a counter.
  uuid new_id() const {
    const auto microseconds = static_cast<std::uint64_t>(now.us % 1'000);
    const std::uint64_t counter = ids_made++ & 0x3fff;
    return make_uuid7(now.us / 1'000, microseconds * 4'096 / 1'000, counter << 48 | draws.next() >> 16);
  }
};

/// What a fold may know of the record that carries the event.
struct record_meta {
  eseq sequence;
  timestamp decided_at;
};

}  // namespace logline::core
