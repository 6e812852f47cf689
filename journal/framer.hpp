#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/checkpoint.hpp"
#include "journal/derived.hpp"
#include "journal/frame.hpp"
#include "journal/log_store.hpp"
#include "journal/merkle.hpp"
#include "journal/partition_log.hpp"
#include "journal/sequence_cache.hpp"
#include "journal/settings.hpp"

namespace logline::journal {

/// Where a log stands: everything the next record depends on.
struct log_state {
  core::gseq position;
  core::digest chain;
  core::timestamp at;
  compact_range tree;
  core::gseq checkpoint_position;  ///< of the newest signed head
  core::timestamp checkpoint_at;
  recent_days keyed_days;  ///< that have dedupe rows

  log_head head() const { return {position, chain, tree.root(), at}; }
};

/// Positions, frames and rows of a commit that is not on disk yet.
struct prepared_commit {
  std::unique_ptr<store_batch> log_rows;      ///< frames, entity rows, a due checkpoint: one synced write
  std::unique_ptr<store_batch> derived_rows;  ///< for after that
  append_results results;
  log_state after;
  core::gseq first;       ///< first > after.position: every request was refused
  std::size_t bytes = 0;  ///< of the frames
};

/// Turns requests into commits: assigns positions, times and digests, and builds the rows. Runs ahead of the disk: its
/// state is that after the last commit it made, durable or not. By one thread at a time.
class framer {
 public:
  /// `store` must outlive the framer. `from` is the durable end of the log.
  framer(const log_settings& settings, const log_store& store, log_state from);

  /// See partition_log::prepare. `durable` is how far the log is on disk. Errors are the store's, and final.
  result<prepared_commit_ptr> prepare(std::span<const append_request> requests, core::gseq durable);

  const log_state& state() const { return state_; }

 private:
  struct open_frame {
    frame_header header;
    frame_builder records;
  };
  /// An entity's records in one frame.
  struct frame_entity {
    core::gseq frame_first;
    std::string prefix;
    entity_row row;
  };

  std::size_t admissible(std::span<const append_request> requests) const;
  core::timestamp commit_time(std::span<const append_request> requests) const;
  /// The refusal of the request, if it is refused; a store's error is final.
  result<std::optional<error>> frame_request(const append_request& request, core::gseq durable);
  result<sequence_cache::entry*> entry_of(const core::address& entity, core::gseq durable);
  bool encode_events(const append_request& request);
  void add_record(const core::address& entity, std::string_view record, sequence_cache::entry& entry);
  void index_record(const core::address& entity, sequence_cache::entry& entry, std::uint32_t place);
  void add_derived_rows(const append_request& request, const appended& where);
  void seal_frames();
  void put_entity_rows();
  void finish_derived_rows();
  void add_checkpoint();

  const log_settings& settings_;
  const log_store& store_;
  log_state state_;
  sequence_cache sequences_;
  node_sink keep_node_;
  zstd_codec codec_;

  // The commit being made.
  prepared_commit* commit_ = nullptr;
  core::timestamp now_;
  bool has_dedupe_rows_ = false;
  bool has_wake_rows_ = false;
  bool has_tree_rows_ = false;

  // Kept between commits for their memory; the first *_used_ are the current commit's.
  std::vector<open_frame> frames_;
  std::size_t frames_used_ = 0;
  std::uint64_t frame_serial_ = 0;  ///< of the last open frame, never reused
  std::vector<frame_entity> entities_;
  std::size_t entities_used_ = 0;
  std::vector<const frame_entity*> entity_order_;
  std::string encoded_;  ///< records of the current request, one after the other
  std::vector<std::size_t> encoded_ends_;
  std::string key_;
  std::string value_;
};

/// Under which a checkpoint of that tree size is kept.
std::string checkpoint_key(core::gseq size);

/// The entity's last record according to the store's index, looking at frames up to `last`; eseq 0 where it has none.
/// Errors: index_mismatch, the store's.
result<sequence_cache::entry> find_last_record(const log_store& store, const core::address& entity, core::gseq last);

}  // namespace logline::journal
