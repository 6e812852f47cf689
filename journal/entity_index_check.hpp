#pragma once

#include <string>
#include <unordered_map>

#include "journal/frame_index.hpp"
#include "journal/log_pass.hpp"
#include "journal/verify.hpp"

namespace logline::journal {

/// Holds the entity index against the log. By one thread.
///
/// The whole log: rows that the log demands and rows that are there are summed up in their own orders, which must give
/// the same; only when it does not, each row is looked up to find out which. A part of it: each row is looked up at
/// once.
class entity_index_check {
 public:
  /// `is_whole`: the pass begins at gseq 1. Rows of frames after `end` are left alone.
  entity_index_check(const log_store& store, core::partition_id partition, core::gseq end, bool is_whole,
                     verify_report& report);

  void on_frame(const frame_index& index);
  /// The pass has ended intact.
  void finish();

 private:
  /// What is wrong with the stored row for one that the log demands; nothing when it agrees.
  std::optional<error> look_up(const frame_index::row& row, core::gseq frame_first) const;
  void check_continuity(const frame_index::row& row, core::gseq frame_first);
  core::eseq last_before(std::string_view prefix, core::gseq frame_first);
  /// False when the family cannot be read.
  bool sum_stored_rows();
  void find_missing_rows();
  void find_surplus_rows();
  bool is_demanded(std::string_view key, std::string_view value) const;
  void add(errc code, core::gseq position, std::string message);

  const log_store& store_;
  const core::partition_id partition_;
  const core::gseq end_;
  const bool is_whole_;
  verify_report& report_;
  bool readable_ = true;
  row_set_sum demanded_;
  row_set_sum stored_;
  std::vector<finding> gaps_;  ///< met among stored rows; count only if the rows are the log's
  std::unordered_map<std::string, core::eseq> continuing_;  ///< by prefix; used for a part only
};

}  // namespace logline::journal
