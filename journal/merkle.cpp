#include "journal/merkle.hpp"

#include <bit>
#include <utility>

#include <fmt/format.h>

#include "domain/core/invariant.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view leaf_prefix{"\x00", 1};
constexpr std::string_view node_prefix{"\x01", 1};

/// The largest power of two below n, for n ≥ 2: where RFC 9162 splits a tree.
std::uint64_t split_of(std::uint64_t n) {
  return std::bit_floor(n - 1);
}

/// Joins peaks, the rightmost two first, into the head above them.
core::digest fold(std::span<const core::digest> peaks) {
  core::digest root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i-- > 0;)
    root = node_hash(peaks[i], root);
  return root;
}

/// MTH of the leaves [begin, end); begin is a multiple of every subtree size in the range, as RFC 9162's splits are.
result<core::digest> range_root(std::uint64_t begin, std::uint64_t end, const node_source& nodes) {
  std::vector<core::digest> peaks;
  for (const auto& peak : peaks_of(end - begin)) {
    auto node = nodes(peak.level, (begin >> peak.level) + peak.index);
    if (!node) return node;
    peaks.push_back(*node);
  }
  return fold(peaks);
}

/// One step down the tree that was cut at a split, and the sibling that was left out.
struct sibling_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Hashes the siblings met on the way down; a path lists them from the bottom up.
result<std::vector<core::digest>> hash_upwards(const std::vector<sibling_range>& downwards, const node_source& nodes) {
  std::vector<core::digest> path;
  path.reserve(downwards.size());
  for (auto range = downwards.rbegin(); range != downwards.rend(); ++range) {
    auto node = range_root(range->begin, range->end, nodes);
    if (!node) return std::move(node).error();
    path.push_back(*node);
  }
  return path;
}

}  // namespace

core::digest leaf_hash(std::string_view record) {
  return core::sha256({leaf_prefix, record});
}

core::digest node_hash(const core::digest& left, const core::digest& right) {
  return core::sha256({node_prefix, left.view(), right.view()});
}

core::digest empty_root() {
  return core::sha256(std::string_view{});
}

core::digest subtree_root(std::span<const core::digest> leaves) {
  compact_range tree;
  for (const auto& leaf : leaves)
    tree.append(leaf);
  return tree.root();
}

std::vector<node_ref> peaks_of(std::uint64_t size) {
  std::vector<node_ref> peaks;
  for (std::uint64_t rest = size, begin = 0; rest != 0;) {
    const auto level = static_cast<unsigned>(std::bit_width(rest) - 1);
    peaks.push_back({level, begin >> level});
    begin += std::uint64_t{1} << level;
    rest -= std::uint64_t{1} << level;
  }
  return peaks;
}

compact_range::compact_range(std::uint64_t size, std::vector<core::digest> peaks)
    : size_(size), peaks_(std::move(peaks)) {
  LL_INVARIANT(peaks_.size() == static_cast<std::size_t>(std::popcount(size)), "{} peaks for tree size {}",
               peaks_.size(), size);
}

result<compact_range> compact_range::load(std::uint64_t size, const node_source& nodes) {
  std::vector<core::digest> peaks;
  for (const auto& peak : peaks_of(size)) {
    auto node = nodes(peak.level, peak.index);
    if (!node) return std::move(node).error();
    peaks.push_back(*node);
  }
  return compact_range{size, std::move(peaks)};
}

void compact_range::add(const core::digest& leaf, const node_sink* completed) {
  core::digest node = leaf;
  std::uint64_t index = size_;
  if (completed != nullptr) (*completed)(0, index, node);
  // Every trailing 1 bit of the size is a complete left sibling that waits for this leaf.
  for (unsigned level = 1; (index & 1) != 0; ++level) {
    node = node_hash(peaks_.back(), node);
    peaks_.pop_back();
    index >>= 1;
    if (completed != nullptr) (*completed)(level, index, node);
  }
  peaks_.push_back(node);
  ++size_;
}

core::digest compact_range::root() const {
  return peaks_.empty() ? empty_root() : fold(peaks_);
}

result<core::digest> root_of(std::uint64_t size, const node_source& nodes) {
  if (size == 0) return empty_root();
  return range_root(0, size, nodes);
}

result<std::vector<core::digest>> inclusion_path(std::uint64_t leaf_index, std::uint64_t tree_size,
                                                 const node_source& nodes) {
  if (leaf_index >= tree_size)
    return error{errc::not_found, fmt::format("leaf {} is not in a tree of {} leaves", leaf_index, tree_size), {}};
  std::vector<sibling_range> siblings;
  for (std::uint64_t begin = 0, end = tree_size; end - begin > 1;) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (leaf_index < middle) {
      siblings.push_back({middle, end});
      end = middle;
    } else {
      siblings.push_back({begin, middle});
      begin = middle;
    }
  }
  return hash_upwards(siblings, nodes);
}

result<std::vector<core::digest>> consistency_path(std::uint64_t old_size, std::uint64_t new_size,
                                                   const node_source& nodes) {
  if (old_size > new_size)
    return error{errc::not_found, fmt::format("tree size {} is beyond {}", old_size, new_size), {}};
  if (old_size == 0 || old_size == new_size) return std::vector<core::digest>{};
  std::vector<sibling_range> parts;
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  while (old_size != end) {
    const std::uint64_t middle = begin + split_of(end - begin);
    if (old_size <= middle) {
      parts.push_back({middle, end});
      end = middle;
    } else {
      parts.push_back({begin, middle});
      begin = middle;
    }
  }
  // The old tree's last subtree starts the path, unless it is the whole old tree: its root is known to the verifier.
  if (begin != 0) parts.push_back({begin, end});
  return hash_upwards(parts, nodes);
}

bool verify_inclusion(std::uint64_t leaf_index, std::uint64_t tree_size, const core::digest& leaf,
                      std::span<const core::digest> path, const core::digest& root) {
  if (leaf_index >= tree_size) return false;
  std::uint64_t fn = leaf_index;
  std::uint64_t sn = tree_size - 1;
  core::digest node = leaf;
  for (const auto& sibling : path) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      node = node_hash(sibling, node);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      node = node_hash(node, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && node == root;
}

bool verify_consistency(std::uint64_t old_size, std::uint64_t new_size, const core::digest& old_root,
                        const core::digest& new_root, std::span<const core::digest> path) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return path.empty() && old_root == new_root && (old_size != 0 || old_root == empty_root());
  if (old_size == 0) return path.empty() && old_root == empty_root();
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // fn == 0 here means that the old tree is complete, so its root is the first node of the path.
  const bool old_is_complete = fn == 0;
  if (!old_is_complete && path.empty()) return false;
  core::digest old_node = old_is_complete ? old_root : path.front();
  core::digest new_node = old_node;
  for (const auto& sibling : path.subspan(old_is_complete ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_node = node_hash(sibling, old_node);
      new_node = node_hash(sibling, new_node);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_node = node_hash(new_node, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_node == old_root && new_node == new_root;
}

}  // namespace logline::journal
