#include "journal/tree_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "journal/log_reader.hpp"

namespace logline::journal {

namespace {

constexpr std::uint64_t block_leaves = std::uint64_t{1} << tree_level_min;

}  // namespace

node_source tree_reader::source() {
  return [this](unsigned level, std::uint64_t index) { return node(level, index); };
}

result<core::digest> tree_reader::node(unsigned level, std::uint64_t index) {
  if (level >= tree_level_min) {
    std::string value;
    const auto found = store_.get(family::tree, tree_key(level, index), value);
    if (!found) return found.error();
    if (*found) {
      if (value.size() == sizeof(core::digest::octets)) return core::digest::from(value);
      return error{errc::index_mismatch, fmt::format("tree node {}/{} has {} bytes", level, index, value.size()), {}};
    }
  }
  if (level > tree_level_min) {
    const auto left = node(level - 1, 2 * index);
    if (!left) return left;
    const auto right = node(level - 1, 2 * index + 1);
    if (!right) return right;
    return node_hash(*left, *right);
  }
  const std::uint64_t first = index << level;
  if (auto loaded = load_leaves(first / block_leaves); !loaded) return loaded.error();
  const std::uint64_t begin = first % block_leaves;
  const std::uint64_t count = std::uint64_t{1} << level;
  LL_INVARIANT(begin + count <= leaves_.size(), "tree node {}/{} is not complete at size {}", level, index,
               size_.value);
  return subtree_root(std::span{leaves_}.subspan(begin, count));
}

outcome tree_reader::load_leaves(std::uint64_t block) {
  if (block == block_) return core::done{};
  leaves_.clear();
  block_ = UINT64_MAX;
  const core::gseq first{block * block_leaves + 1};
  const core::gseq last{std::min(size_.value, (block + 1) * block_leaves)};
  const auto read = walk_records(store_, partition_, first, last, [&](const record_view& record) {
    leaves_.push_back(leaf_hash(record.bytes));
    return true;
  });
  if (!read) return read.error();
  block_ = block;
  return core::done{};
}

}  // namespace logline::journal
