#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

// The Merkle tree of RFC 9162 §2.1 over SHA-256. Leaf index = gseq − 1.
//
//   level 2             0
//                  /         \            a node (level, index) covers the leaves
//   level 1      0             1          [index << level, (index + 1) << level)
//              /   \         /   \        and is complete once all of them are there
//   level 0   0     1       2     3
//
// Everything here is pure and safe from any thread, objects by their owner only.

/// SHA-256(0x00 ‖ record): RFC 9162 §2.1.1.
core::digest leaf_hash(std::string_view record);
/// SHA-256(0x01 ‖ left ‖ right): RFC 9162 §2.1.1.
core::digest node_hash(const core::digest& left, const core::digest& right);
/// SHA-256(""), the head of a tree without leaves.
core::digest empty_root();
/// MTH of these leaves as a tree of their own. Of a complete, aligned run of 2^level leaves: the node above them.
core::digest subtree_root(std::span<const core::digest> leaves);

struct node_ref {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend auto operator<=>(const node_ref&, const node_ref&) = default;
};

/// The complete subtrees that a tree of `size` leaves consists of, largest (leftmost) first: one per 1 bit of size.
std::vector<node_ref> peaks_of(std::uint64_t size);

/// Answers complete nodes, level 0 being leaves. Called only for nodes that are complete in the tree size asked about.
using node_source = std::function<result<core::digest>(unsigned level, std::uint64_t index)>;
/// Told every node the moment it is complete, leaves included, children before parents.
using node_sink = std::function<void(unsigned level, std::uint64_t index, const core::digest&)>;

/// The right edge of a growing tree: all that is needed to append leaves and to know the root. One digest per 1 bit of
/// size.
class compact_range {
 public:
  compact_range() = default;
  /// Takes up a tree where it stood; `peaks` are the digests of peaks_of(size), in that order.
  compact_range(std::uint64_t size, std::vector<core::digest> peaks);
  /// Loads the peaks from a node source; its first error is the answer.
  static result<compact_range> load(std::uint64_t size, const node_source& nodes);

  /// Adds a leaf digest (see leaf_hash). Amortised one node hash a leaf.
  void append(const core::digest& leaf) { add(leaf, nullptr); }
  void append(const core::digest& leaf, const node_sink& completed) { add(leaf, &completed); }

  std::uint64_t size() const { return size_; }
  /// RFC 9162 tree head of the leaves so far; costs one node hash less than there are peaks.
  core::digest root() const;
  const std::vector<core::digest>& peaks() const { return peaks_; }
  friend bool operator==(const compact_range&, const compact_range&) = default;

 private:
  void add(const core::digest& leaf, const node_sink* completed);

  std::uint64_t size_ = 0;
  std::vector<core::digest> peaks_;
};

/// Tree head of the first `size` leaves. Errors: the node source's.
result<core::digest> root_of(std::uint64_t size, const node_source& nodes);

/// RFC 9162 §2.1.3.1, leaf's sibling first. Requires leaf_index < tree_size, else errc::not_found. Errors: the node
/// source's.
result<std::vector<core::digest>> inclusion_path(std::uint64_t leaf_index, std::uint64_t tree_size,
                                                 const node_source& nodes);

/// RFC 9162 §2.1.4.1. Requires old_size ≤ new_size, else errc::not_found; empty for 0 and for equal sizes.
result<std::vector<core::digest>> consistency_path(std::uint64_t old_size, std::uint64_t new_size,
                                                   const node_source& nodes);

/// RFC 9162 §2.1.3.2: whether `path` proves that `leaf` is at `leaf_index` of the tree with this size and root.
bool verify_inclusion(std::uint64_t leaf_index, std::uint64_t tree_size, const core::digest& leaf,
                      std::span<const core::digest> path, const core::digest& root);

/// RFC 9162 §2.1.4.2: whether `path` proves that the old tree is a prefix of the new one. Every tree extends the empty
/// one.
bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const core::digest& old_root,
                        const core::digest& new_root, std::span<const core::digest> path);

}  // namespace logline::journal
