#pragma once

#include <memory>
#include <vector>

#include "domain/core/envelope.hpp"
#include "journal/open.hpp"

namespace logline::journal {

/// Adds records to the end of a partition as another copy of the log kept them: the same bytes at the same positions
/// under the same chain, proven. Commits and frames may be cut elsewhere. By one thread.
class record_writer {
 public:
  /// `options` as for opening the log for writing; clock, site, generation and epoch are the records' own. Nothing is
  /// opened or made before the first record. `head`: where the log stands; position 0 and zeros for one not there yet.
  record_writer(partition_options options, core::gseq position, const core::digest& chain);
  ~record_writer();
  record_writer(const record_writer&) = delete;
  record_writer& operator=(const record_writer&) = delete;

  /// The next record, and the chain's hash behind it. Errors, all final: position_gap; chain_broken (these are not the
  /// record's bytes, or not this log's); unknown_format (another partition or site); those of opening and appending.
  outcome take(core::record r, const core::digest& hash);

  /// Makes everything taken durable and closes the log. Errors: not_found (no record was taken), the above.
  result<log_head> finish();

  /// Behind the last record taken.
  core::gseq position() const { return position_; }
  const core::digest& chain() const { return hash_; }

 private:
  outcome start(const core::record& first);
  outcome flush();

  partition_options options_;
  std::shared_ptr<core::timestamp> now_ = std::make_shared<core::timestamp>();
  std::unique_ptr<partition_log> log_;
  bool started_ = false;
  std::vector<append_request> waiting_;
  std::size_t waiting_bytes_ = 0;
  core::gseq position_;
  core::digest hash_;
};

}  // namespace logline::journal
