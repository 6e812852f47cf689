#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "journal/checkpoint.hpp"
#include "journal/log_pass.hpp"
#include "journal/verify.hpp"

namespace logline::journal {

/// Compares signed heads with the log as a pass recomputes it. By one thread.
class checkpoint_check {
 public:
  /// Looks at heads above `from` and up to `end`. Without a verifier signatures are left alone.
  checkpoint_check(const log_store& store, const checkpoint_verifier* verifier, core::gseq from, core::gseq end,
                   verify_report& report);

  /// The pass is here, intact.
  void at(const log_mark& mark);
  /// The pass has ended; `intact`: it met no damage, so heads it has not met are heads of records that are not there.
  void finish(const log_mark& mark, bool intact);

 private:
  void load();
  void compare(const log_mark& mark);

  const checkpoint_verifier* const verifier_;
  const core::gseq end_;
  verify_report& report_;
  std::unique_ptr<store_cursor> rows_;
  std::optional<checkpoint> next_;  ///< the first head that the pass has not reached
};

}  // namespace logline::journal
