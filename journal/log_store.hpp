#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "journal/errc.hpp"
#include "journal/layout.hpp"

namespace logline::journal {

struct cold_range;
using cold_rows = std::vector<std::pair<std::string, std::string>>;

/// Rows to be written together: all of them or none. By one thread.
class store_batch {
 public:
  virtual ~store_batch() = default;
  virtual void put(family f, std::string_view key, std::string_view value) = 0;
  virtual void erase(family f, std::string_view key) = 0;
  /// Rows with begin ≤ key < end.
  virtual void erase_range(family f, std::string_view begin, std::string_view end) = 0;
  virtual bool empty() const = 0;
  virtual void clear() = 0;
};

enum class durability : std::uint8_t {
  synced,   ///< on stable storage before write() returns
  logged,   ///< survives the process; reaches stable storage with the next synced write at the latest
  derived,  ///< may be lost in a crash, atomically per family: for rows that carry their own cursor
};

/// Walks the rows of one family in key order. Sees rows written after it was made or not, at the store's choice; never
/// half a batch's value. By one thread.
class store_cursor {
 public:
  virtual ~store_cursor() = default;
  /// To the first row with key ≥ `key`.
  virtual void seek(std::string_view key) = 0;
  /// To the last row with key ≤ `key`.
  virtual void seek_back(std::string_view key) = 0;
  virtual void next() = 0;
  virtual void previous() = 0;
  /// False before the first move, past either end, and after an error.
  virtual bool valid() const = 0;
  /// Valid until the next move.
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  /// The error that made valid() false, if one did: store_corrupt or store_failed.
  virtual outcome status() const = 0;
};

/// A table file of a frozen store, as the store itself vouches for it.
struct frozen_table {
  std::string name;  ///< in the store's directory; its bytes never change under this name
  std::uint32_t crc32c = 0;
};

enum class access : std::uint8_t { few, many };

/// An ordered store of rows by family: what the partition log needs of RocksDB, and of its replacement in memory.
/// Threads: write() from several threads is in some order; everything else from any thread.
class log_store {
 public:
  virtual ~log_store() = default;

  virtual std::unique_ptr<store_batch> make_batch() const = 0;
  /// Errors: store_failed, store_corrupt. Never retries; after an error the caller must stop writing.
  virtual outcome write(store_batch& batch, durability how) = 0;

  /// Answers false when there is no such row.
  virtual result<bool> get(family f, std::string_view key, std::string& value) const = 0;
  /// `many`: the caller reads a long run once, which should neither wait for each block nor push out what others need.
  virtual std::unique_ptr<store_cursor> walk(family f, access hint) const = 0;

  /// Notes, outside the rows, that results up to `position` are about to leave (see witness.hpp). Cheap: no sync.
  virtual outcome acknowledge(core::gseq position, const core::digest& chain) = 0;

  /// disk_full while there is less room than the store's floor asks for.
  virtual outcome has_room() = 0;

  /// Starts writing derived rows held in memory to disk, so that less has to be derived again after a crash.
  virtual outcome flush_derived() = 0;

  /// Makes, in a new directory on the same disk, what a crash now would leave: tables are linked, the rest is copied.
  /// `position` is durable; the copy reaches it, and may hold more. Errors: store_failed; stopped (a store in memory).
  virtual result<std::vector<frozen_table>> freeze(const std::string& directory, core::gseq position,
                                                   const core::digest& chain) = 0;

  /// Moves the log's oldest rows, which `rows` are, to where cold rows are kept: put there and read back, derived rows
  /// made durable, the range noted durably here, and only then dropped (RET-02). Readers see them all the time. Errors:
  /// stopped (nowhere is said), those of the place; nothing is dropped then.
  virtual outcome cool(const cold_range& range, const cold_rows& rows);
  /// The last position that lies elsewhere; 0: none.
  virtual core::gseq cold_floor() const { return {}; }

  /// Orderly end at a head that was acknowledged: everything goes to stable storage, nothing else may be called after.
  virtual outcome close() = 0;

  /// Stable, snake_case names for metrics.
  virtual std::vector<std::pair<std::string, double>> figures() const = 0;
};

}  // namespace logline::journal
