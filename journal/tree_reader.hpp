#pragma once

#include <cstdint>
#include <vector>

#include "journal/log_store.hpp"
#include "journal/merkle.hpp"

namespace logline::journal {

/// Answers Merkle nodes of a log: upper levels from the `tree` family, lower ones (and any that are missing) from the
/// records. Remembers the last 256 leaves it needed, so that a proof reads one run of records. By one thread.
class tree_reader {
 public:
  /// `size` records are there to read. `store` must outlive the reader.
  tree_reader(const log_store& store, core::partition_id partition, core::gseq size)
      : store_(store), partition_(partition), size_(size) {}

  /// A complete node of the tree of `size` leaves. Errors: index_mismatch (a malformed row), those of walk_records.
  result<core::digest> node(unsigned level, std::uint64_t index);
  /// node() as merkle.hpp wants it; lives no longer than the reader.
  node_source source();

 private:
  outcome load_leaves(std::uint64_t block);

  const log_store& store_;
  const core::partition_id partition_;
  const core::gseq size_;
  std::uint64_t block_ = UINT64_MAX;
  std::vector<core::digest> leaves_;
};

}  // namespace logline::journal
