// Proof: signed heads and paths of the Merkle tree.
#include <fmt/format.h>

#include "journal/little_endian.hpp"
#include "journal/log_reader.hpp"
#include "journal/merkle.hpp"
#include "journal/stored_log.hpp"
#include "journal/tree_reader.hpp"

namespace logline::journal {

namespace {

error beyond_head(std::uint64_t asked, core::gseq head) {
  return {errc::not_found, fmt::format("{} is beyond the head, {}", asked, head.value), {}};
}

}  // namespace

result<std::string> stored_log::checkpoint(bool fresh) {
  const std::lock_guard lock{checkpoint_mutex_};
  const log_head now = head();
  const auto rows = store_->walk(family::checkpoints, access::few);
  rows->seek_back(checkpoint_key(now.position));
  if (auto status = rows->status(); !status) return std::move(status).error();
  const bool any = rows->valid();
  const bool current = any && rows->key() == checkpoint_key(now.position);
  if (now.position.value == 0 || current || (!fresh && any)) return any ? std::string{rows->value()} : std::string{};
  if (settings_.signer == nullptr)
    return error{errc::key_missing, "this log has no key to sign its head with", now.position};
  std::string text = settings_.signer->sign(now);
  const auto batch = store_->make_batch();
  batch->put(family::checkpoints, checkpoint_key(now.position), text);
  if (auto written = write_aside(*batch, durability::synced); !written) return std::move(written).error();
  return text;
}

result<std::vector<core::digest>> stored_log::inclusion_proof(core::gseq position, std::uint64_t tree_size) const {
  const core::gseq last = durable();
  if (tree_size > last.value) return beyond_head(tree_size, last);
  if (position.value == 0) return error{errc::not_found, "positions begin at 1", {}};
  tree_reader tree{*store_, settings_.partition, last};
  return inclusion_path(position.value - 1, tree_size, tree.source());
}

result<std::vector<core::digest>> stored_log::consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const {
  const core::gseq last = durable();
  if (new_size > last.value) return beyond_head(new_size, last);
  tree_reader tree{*store_, settings_.partition, last};
  return consistency_path(old_size, new_size, tree.source());
}

result<core::digest> stored_log::root_at(std::uint64_t tree_size) const {
  const core::gseq last = durable();
  if (tree_size > last.value) return beyond_head(tree_size, last);
  tree_reader tree{*store_, settings_.partition, last};
  return root_of(tree_size, tree.source());
}

result<core::digest> stored_log::chain_at(core::gseq position) const {
  if (position > durable()) return beyond_head(position.value, durable());
  core::digest chain;
  if (position.value == 0) return chain;
  result<bool> walked = true;
  auto frames = walk_frames(*store_, settings_.partition, position, position, [&](const frame_view& frame) {
    chain = frame.header.chain_before;
    walked = walk_frame_records(frame, frame.header.first, [&](const record_view& r) {
      chain = chain_hash(chain, leaf_hash(r.bytes));
      return r.position < position;
    });
    return false;
  });
  if (!frames) return std::move(frames).error();
  if (!walked) return std::move(walked).error();
  return chain;
}

}  // namespace logline::journal
