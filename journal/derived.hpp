#pragma once

#include <string_view>

#include "domain/core/address.hpp"
#include "journal/layout.hpp"
#include "journal/log_store.hpp"
#include "journal/record.hpp"

namespace logline::journal {

// Rows of the derived families, made the same way when a commit is written and when a family catches up from the log.

void put_dedupe_row(store_batch& batch, const core::address& entity, std::string_view idempotency_key,
                    core::timestamp at, core::gseq position);
/// Drops the days that find_command no longer looks at on day `day`.
void erase_old_dedupe_rows(store_batch& batch, std::uint32_t day);
/// Time zero disarms.
void put_wake_row(store_batch& batch, const core::address& entity, core::timestamp wake_at);
void put_tree_row(store_batch& batch, unsigned level, std::uint64_t index, const core::digest& node);
void put_cursor_row(store_batch& batch, family f, core::gseq position);

/// How far the family has got; 0 when it is empty. Errors: index_mismatch (a malformed row), the store's.
result<core::gseq> read_cursor_row(const log_store& store, family f);

}  // namespace logline::journal
