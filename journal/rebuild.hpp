#pragma once

#include <memory>
#include <vector>

#include "domain/core/envelope.hpp"
#include "journal/open.hpp"

namespace logline::journal {

/// Makes a partition's journal anew from its records, as a mirror kept them (REP-05): the same bytes at the same
/// positions under the same chain, proven record by record. Commits and frames may be cut elsewhere. By one thread.
///
/// The journal is built beside its place and moved there by finish(): one that was not finished is never opened.
class rebuilding {
 public:
  /// `options` as for opening the log for writing; clock, site, generation and epoch are the records' own. Errors:
  /// conflict (there is a journal already), store_failed.
  static result<std::unique_ptr<rebuilding>> begin(partition_options options);
  /// Leaves no journal when finish() was not called.
  ~rebuilding();

  /// The next record, and the chain's hash behind it. Errors, all final: position_gap; chain_broken (these are not the
  /// record's bytes, or not this log's); unknown_format (records of several sites, sealed fields);
  /// those of opening and appending.
  outcome take(core::record r, const core::digest& hash);

  /// Writes what is left and moves the journal to its place. Errors: not_found (there was no record), the above.
  result<log_head> finish();

 private:
  explicit rebuilding(partition_options options);

  struct workshop;
  std::unique_ptr<workshop> in_;
};

}  // namespace logline::journal
