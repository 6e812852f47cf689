#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "journal/errc.hpp"
#include "journal/layout.hpp"
#include "journal/record.hpp"

namespace logline::journal {

/// The entity rows that a frame must have, made from its records. One object serves many frames. By one thread.
class frame_index {
 public:
  struct row {
    std::string prefix;  ///< entity_prefix
    entity_row content;
  };

  void start(core::gseq frame_first);
  /// The frame's next record. Errors: sequence_gap where the record does not follow the entity's last one in this
  /// frame.
  outcome add(const record_view& r);

  core::gseq frame_first() const { return frame_first_; }
  /// Rows are in the order of each entity's first record and valid until the next start().
  std::size_t row_count() const { return used_; }
  const row& row_at(std::size_t i) const { return rows_[i]; }

 private:
  core::gseq frame_first_;
  std::uint32_t place_ = 0;
  std::string prefix_;
  std::deque<row>
      rows_;  ///< the first used_ count; the others are kept for their buffers. A deque: slots_ refers into it
  std::size_t used_ = 0;
  std::unordered_map<std::string_view, std::size_t> slots_;  ///< keys are views of prefixes of rows_
};

/// An order-independent digest of a set of rows: two sets that agree have the same sum, two that accidentally differ do
/// not. Lets two families be compared in two different orders without holding either in memory.
class row_set_sum {
 public:
  void add(std::string_view key, std::string_view value);
  std::uint64_t count() const { return count_; }
  friend bool operator==(const row_set_sum&, const row_set_sum&) = default;

 private:
  std::array<std::uint64_t, 4> lanes_{};
  std::uint64_t count_ = 0;
};

}  // namespace logline::journal
