#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "journal/frame_index.hpp"
#include "journal/log_pass.hpp"
#include "journal/verify.hpp"

namespace logline::journal {

/// Holds the families that are derived from the records against them, each as far as its own cursor says it has got.
/// The store must be quiet meanwhile. By one thread.
class derived_check {
 public:
  /// `is_whole`: the pass begins at gseq 1; without it only the tree is looked at.
  derived_check(const log_store& store, core::partition_id partition, bool is_whole, verify_report& report);

  void on_record(const record_view& r);
  void on_node(unsigned level, std::uint64_t index, const core::digest& node);
  /// The pass has ended intact at `mark`.
  void finish(const log_mark& mark);

 private:
  core::gseq read_cursor(family f);
  void check_wakes();
  void check_dedupe(std::uint32_t today);
  void find_dedupe_damage(std::uint32_t first_day);
  void check_dedupe_record(const record_view& r, std::uint32_t first_day);
  void check_tree_count();
  void check_positions(family f, core::gseq head);
  void add(errc code, core::gseq position, family f, std::string message);

  const log_store& store_;
  const core::partition_id partition_;
  const bool is_whole_;
  verify_report& report_;
  core::gseq dedupe_cursor_;
  core::gseq wakes_cursor_;
  core::gseq tree_cursor_;
  std::map<std::string, core::timestamp, std::less<>> wakes_;  ///< armed at wakes_cursor_, by entity prefix
  std::map<std::uint32_t, row_set_sum> commands_;              ///< dedupe rows demanded, by day; the last days only
};

}  // namespace logline::journal
