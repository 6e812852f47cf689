#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "journal/errc.hpp"
#include "journal/log_store.hpp"

namespace logline::journal {

// The oldest part of a log may lie elsewhere ("cold"), byte for byte, while readers go on seeing one log (RET-02): its
// rows are fetched when somebody asks for them. The store keeps what must come back: range and digest of each piece.

/// Rows of the log, from gseq 1 or the range before without a gap, whole commits.
struct cold_range {
  core::partition_id partition;
  core::gseq first;
  core::gseq last;
  core::digest sha256;  ///< of pack_rows()
  friend bool operator==(const cold_range&, const cold_range&) = default;
};

/// Where rows of cold ranges are. Any thread.
class cold_place {
 public:
  virtual ~cold_place() = default;
  /// Keeps the rows: when it answers success the place has given out these very bytes again. Errors: store_failed,
  /// checksum_mismatch.
  virtual outcome put(const cold_range& range, std::string_view packed) = 0;
  /// The bytes that were put. Errors: not_found, store_failed; others of the place.
  virtual result<std::string> get(const cold_range& range) = 0;
  virtual std::string where() const = 0;
};

/// Key and value, in order.
using cold_rows = std::vector<std::pair<std::string, std::string>>;
std::string pack_rows(const cold_rows& rows);
/// Errors: bad_encoding.
result<cold_rows> unpack_rows(std::string_view packed);

/// A meta row that notes a range.
std::string cold_row_key(const cold_range& range);
std::string cold_row_prefix();
std::string encode_cold_range(const cold_range& range);
/// Errors: index_mismatch.
result<cold_range> parse_cold_range(std::string_view key, std::string_view value);

/// The cold part of a store's log. Safe from any thread.
class cold_log {
 public:
  using range_list = std::shared_ptr<const std::vector<cold_range>>;

  /// `place` may be null: then what is cold cannot be read.
  explicit cold_log(std::shared_ptr<cold_place> place) : place_(std::move(place)) {}

  cold_place* place() const { return place_.get(); }
  /// Never null; ranges follow one another.
  range_list ranges() const;
  void add(const cold_range& range);
  /// Last cold position; 0: none.
  static core::gseq floor_of(const range_list& ranges) { return ranges->empty() ? core::gseq{} : ranges->back().last; }

  /// The rows of a range, checked against its digest; the last few stay in memory. Errors: archived, which names the
  /// place, with what kept them from being read.
  result<std::shared_ptr<const cold_rows>> rows_of(const cold_range& range);

 private:
  const std::shared_ptr<cold_place> place_;
  mutable std::mutex mutex_;
  range_list ranges_ = std::make_shared<const std::vector<cold_range>>();
  std::deque<std::pair<core::gseq, std::shared_ptr<const cold_rows>>> recent_;
};

/// Walks the log's rows, cold ones first, as one family. `hot` was made after `ranges` were read, and holds every row
/// behind them.
std::unique_ptr<store_cursor> walk_cold_and_hot(cold_log& cold, cold_log::range_list ranges,
                                                std::unique_ptr<store_cursor> hot);

/// Looks a row up in the ranges. False where there is none.
result<bool> find_cold_row(cold_log& cold, const cold_log::range_list& ranges, std::string_view key,
                           std::string& value);

}  // namespace logline::journal
