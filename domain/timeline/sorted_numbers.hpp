#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace logline::timeline {

/// Numbers in an order that the caller knows, four bytes each: insertion and search cost O(log n) and the move of one
/// block. Numbers that come in order, as nearly all do, fill their blocks. An index over entries, where a node-based
/// set would cost ten times the memory.
class sorted_numbers {
 public:
  /// A place between two numbers; invalidated by insert().
  struct place {
    std::size_t block = 0;
    std::size_t offset = 0;
    friend bool operator==(const place&, const place&) = default;
  };

  std::size_t size() const { return size_; }
  place begin() const { return {}; }
  place end() const { return {blocks_.size(), 0}; }
  std::uint32_t at(place p) const { return blocks_[p.block][p.offset]; }
  place next(place p) const {
    return p.offset + 1 < blocks_[p.block].size() ? place{p.block, p.offset + 1} : place{p.block + 1, 0};
  }
  place previous(place p) const {
    return p.offset > 0 ? place{p.block, p.offset - 1} : place{p.block - 1, blocks_[p.block - 1].size() - 1};
  }

  /// The first place whose number does not come before what is looked for. `before(number)` must be true for a prefix.
  template <class Before>
  place lower_bound(Before before) const {
    const auto block =
        std::partition_point(blocks_.begin(), blocks_.end(), [&](const auto& b) { return before(b.back()); });
    if (block == blocks_.end()) return end();
    const auto number = std::partition_point(block->begin(), block->end(), before);
    return {static_cast<std::size_t>(block - blocks_.begin()), static_cast<std::size_t>(number - block->begin())};
  }

  /// Puts a number in its place. `before(other)`: whether `other` comes before it; no other number may be equal to it.
  template <class Before>
  void insert(std::uint32_t number, Before before) {
    ++size_;
    if (blocks_.empty() || before(blocks_.back().back())) return push_back(number);
    const place at = lower_bound(before);
    auto& block = blocks_[at.block];
    block.insert(block.begin() + static_cast<std::ptrdiff_t>(at.offset), number);
    if (block.size() > block_size) split(at.block);
  }

 private:
  static constexpr std::size_t block_size = 512;

  void push_back(std::uint32_t number) {
    if (blocks_.empty() || blocks_.back().size() >= block_size) blocks_.emplace_back();
    blocks_.back().push_back(number);
  }
  void split(std::size_t at) {
    std::vector<std::uint32_t> upper(blocks_[at].begin() + block_size / 2, blocks_[at].end());
    blocks_[at].resize(block_size / 2);
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(upper));
  }

  std::vector<std::vector<std::uint32_t>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace logline::timeline
