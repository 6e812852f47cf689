#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "domain/core/address.hpp"
#include "domain/core/ids.hpp"

namespace logline::journal {

/// The last eseq of the entities written lately, those on their way to the disk included. Bounded, but an entity whose
/// last record is not durable yet is never forgotten: the store could not answer for it. By one thread.
class sequence_cache {
 public:
  struct entry {
    core::eseq last;
    core::gseq last_position;        ///< of that record
    std::uint64_t frame_serial = 0;  ///< the framer's own: the frame that `frame_slot` belongs to
    std::uint32_t frame_slot = 0;
  };

  explicit sequence_cache(std::size_t entries_max) : generation_max_(entries_max / 2 + 1) {}

  /// Null when not known. The pointer lives until the next add().
  entry* find(const core::address& entity);
  /// `durable`: positions up to it may be forgotten.
  entry* add(const core::address& entity, entry e, core::gseq durable);
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  void age(core::gseq durable);

  // Two generations instead of a list of uses: a hit moves an entry to the young one, and when that is full the old
  // one, by then unused for long, is dropped whole.
  using entries = std::unordered_map<core::address, entry>;
  std::size_t generation_max_;
  entries young_;
  entries old_;
};

}  // namespace logline::journal
