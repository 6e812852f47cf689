#pragma once

#include <span>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::journal {

/// How far a copy of the log reaches: the chain hash says of which log.
struct mirror_position {
  core::gseq position;  ///< 0: nothing yet
  core::digest chain;   ///< after that record; zeros at 0
  friend bool operator==(const mirror_position&, const mirror_position&) = default;
};

/// A copy of one partition's log somewhere else, in order and without gaps (MIR-01). The copy's own position decides
/// where to go on: it is written together with the records, so a record is never there twice or missing, whatever
/// crashes. By one thread.
class mirror_target {
 public:
  virtual ~mirror_target() = default;

  /// Connects, clears away what a crash left half-done, and answers where the copy stands. May be called again after
  /// any error.
  virtual result<mirror_position> open() = 0;

  /// Adds the records that follow the copy's position, all or none; durable when it returns. `after` is where the copy
  /// stands then. Errors: store_failed, after which open() must be called again.
  virtual outcome append(std::span<const record_view> records, const mirror_position& after) = 0;

  /// Nothing followed for a while, or the day changed: a time to finish what is open.
  virtual outcome rest() = 0;
};

}  // namespace logline::journal
