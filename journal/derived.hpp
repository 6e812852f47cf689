#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/core/address.hpp"
#include "journal/layout.hpp"
#include "journal/log_store.hpp"
#include "journal/record.hpp"

namespace logline::journal {

// Rows of the derived families, made the same way when a commit is written and when a family catches up from the log.

void put_dedupe_row(store_batch& batch, const core::address& entity, std::string_view idempotency_key,
                    core::timestamp at, core::gseq position);
/// The last days, at most dedupe_days of them, that have dedupe rows.
class recent_days {
 public:
  /// Answers true if the day is new, and so days before oldest() have had their time.
  bool add(std::uint32_t day);
  std::uint32_t oldest() const { return days_.empty() ? 0 : days_.front(); }
  /// Ascending.
  const std::vector<std::uint32_t>& days() const { return days_; }

 private:
  std::vector<std::uint32_t> days_;
};
/// The days that the store has rows of. Errors: the store's.
result<recent_days> read_dedupe_days(const log_store& store);
/// Drops rows of days before `oldest`.
void erase_old_dedupe_rows(store_batch& batch, std::uint32_t oldest);
/// Time zero disarms.
void put_wake_row(store_batch& batch, const core::address& entity, core::timestamp wake_at);
void put_tree_row(store_batch& batch, unsigned level, std::uint64_t index, const core::digest& node);
void put_cursor_row(store_batch& batch, family f, core::gseq position);

/// How far the family has got; 0 when it is empty. Errors: index_mismatch (a malformed row), the store's.
result<core::gseq> read_cursor_row(const log_store& store, family f);

}  // namespace logline::journal
