// Moving the oldest rows of a log elsewhere (RET-02).
#include <algorithm>

#include <fmt/format.h>

#include "journal/cold_log.hpp"
#include "journal/derived.hpp"
#include "journal/frame.hpp"
#include "journal/little_endian.hpp"
#include "journal/stored_log.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t range_bytes_max = std::size_t{32} << 20;

/// The rows behind `floor` that end with a commit at or before `until`, each checked as a reader would.
result<cold_rows> rows_to_cool(const log_store& store, core::partition_id partition, core::gseq floor, core::gseq until,
                               core::gseq& last) {
  const auto cursor = store.walk(family::log, access::many);
  cold_rows rows;
  std::size_t whole = 0;  // rows of whole commits
  std::size_t bytes = 0;
  std::string plain;
  core::gseq next = core::next(floor);
  core::digest chain;
  for (cursor->seek(log_key(partition, next)); cursor->valid() && bytes < range_bytes_max; cursor->next()) {
    const auto frame = open_frame(cursor->value(), plain);
    if (!frame) return error{frame.error().code, frame.error().message, next};
    const auto& header = frame->header;
    if (header.first != next || (!rows.empty() && header.chain_before != chain))
      return error{errc::chain_broken, "the log's rows do not follow one another", next};
    if (header.last() > until) break;
    rows.emplace_back(cursor->key(), cursor->value());
    bytes += cursor->value().size();
    chain = header.chain_after;
    next = core::next(header.last());
    if (header.last() != header.commit_last) continue;
    whole = rows.size();
    last = header.last();
  }
  if (auto status = cursor->status(); !status) return std::move(status).error();
  rows.resize(whole);
  return rows;
}

}  // namespace

result<core::gseq> stored_log::cool(core::gseq until) {
  if (auto ready = writable(); !ready) return std::move(ready).error();
  const auto floor = store_->cold_floor();
  const auto end = durable();
  const auto heads = store_->walk(family::checkpoints, access::few);
  heads->seek_back(checkpoint_key(end));
  if (auto status = heads->status(); !status) return std::move(status).error();
  if (!heads->valid()) return floor;
  const core::gseq signed_to{get_big_endian<std::uint64_t>(heads->key())};
  // What an opening reads stays, so that it needs the place for nothing: the newest record, what follows the newest
  // signed head, and the leaves of that head's tree that are not below a stored node.
  constexpr std::uint64_t leaves = std::uint64_t{1} << tree_level_min;
  until = std::min(
      {until, core::gseq{signed_to.value / leaves * leaves}, core::gseq{std::max<std::uint64_t>(end.value, 1) - 1}});
  core::gseq last = floor;
  const auto rows = rows_to_cool(*store_, settings_.partition, floor, until, last);
  if (!rows) return rows.error();
  if (rows->empty()) return floor;
  // The derived families must not need these rows again after a crash; store_->cool() makes this durable first.
  const auto cursors = store_->make_batch();
  for (const auto f : derived_families)
    put_cursor_row(*cursors, f, end);
  if (auto noted = write_aside(*cursors, durability::derived); !noted) return std::move(noted).error();
  const cold_range range{settings_.partition, core::next(floor), last, core::sha256(pack_rows(*rows))};
  if (auto cooled = store_->cool(range, *rows); !cooled) return std::move(cooled).error();
  return last;
}

}  // namespace logline::journal
