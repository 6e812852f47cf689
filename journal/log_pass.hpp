#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "journal/frame.hpp"
#include "journal/frame_index.hpp"
#include "journal/log_store.hpp"
#include "journal/merkle.hpp"
#include "journal/record.hpp"

namespace logline::journal {

/// A place in the log and the digests that commit to everything up to it.
struct log_mark {
  core::gseq position;
  core::digest chain;
  core::timestamp at;
  compact_range tree;
};

/// What a pass tells as it goes. Everything shown is valid during the call only.
class log_pass_visitor {
 public:
  virtual ~log_pass_visitor() = default;

  /// Something does not fit. `position` is 0 for a row that is no position of this log.
  virtual void on_damage(const error& e) = 0;
  /// A record that could be read. While the pass is intact, `after` is the log up to and including it; afterwards only
  /// its position can be relied on.
  virtual void on_record(const record_view& r, const log_mark& after) = 0;
  /// A node of the tree, leaves included; only while the pass is intact.
  virtual void on_node(unsigned level, std::uint64_t index, const core::digest& node) = 0;
  /// A whole frame whose records all could be read, and what the entity index must say of it.
  virtual void on_frame(const frame_header& header, const frame_index& index) = 0;
  /// Every few megabytes; false ends the pass.
  virtual bool on_progress(core::gseq position, std::uint64_t stored_bytes) = 0;
};

/// Walks a log's frames in order and recomputes what they say: checksums, encodings, dense positions, whole commits,
/// times, hash chain, tree. Goes on after damage with what the next sound frame says of itself, so that all of it is
/// found.
class log_pass {
 public:
  /// `from` is known good; checks what follows up to `end`. Store and visitor must outlive the pass.
  log_pass(const log_store& store, core::partition_id partition, log_mark from, core::gseq end,
           log_pass_visitor& visitor);

  void run();

  /// Nothing was wrong so far: chain, tree and the sequence of records are proven from the start on.
  bool intact() const { return intact_; }
  const log_mark& mark() const { return mark_; }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t frames() const { return frames_; }
  std::uint64_t records() const { return records_; }
  std::uint64_t plain_bytes() const { return plain_bytes_; }
  std::uint64_t stored_bytes() const { return stored_bytes_; }

 private:
  void check_row(std::string_view key, std::string_view value);
  void check_header(const frame_header& header);
  void check_commit(const frame_header& header);
  void check_records(const frame_view& frame);
  void check_record(const frame_header& header, std::string_view bytes, bool& readable);
  void finish();
  void damage(errc code, core::gseq position, std::string message);

  const log_store& store_;
  const core::partition_id partition_;
  const core::gseq end_;
  log_pass_visitor& visitor_;
  node_sink keep_node_;

  log_mark mark_;
  bool intact_ = true;
  bool chain_known_ = true;     // mark_.chain is that of the record at mark_.position
  bool position_known_ = true;  // mark_.position is where the next frame must follow
  core::gseq commit_first_;
  core::gseq commit_last_;  // the commit is whole once mark_.position is here
  std::string plain_;
  record_view record_;
  frame_index index_;

  std::uint64_t commits_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::uint64_t stored_bytes_ = 0;
};

}  // namespace logline::journal
