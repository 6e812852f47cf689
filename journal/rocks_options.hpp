#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <rocksdb/options.h>

#include "journal/layout.hpp"
#include "journal/rocks_environment.hpp"

namespace logline::journal {

/// Told what RocksDB has to say; called from its threads.
using message_sink = std::function<void(std::string_view)>;

/// Of blocks read back, all families together.
inline constexpr std::size_t block_cache_bytes = std::size_t{32} << 20;

/// What a store may keep in memory besides.
struct memory_limits {
  /// Of rows not yet in tables: of the log's; other families have less, in proportion.
  std::size_t write_buffer_bytes = std::size_t{32} << 20;
};

/// How RocksDB is set up: the one place for it, with the reason of each setting in the source. `on_message` may be
/// empty.
rocksdb::DBOptions database_options(const rocks_environment& environment, message_sink on_message);
rocksdb::ColumnFamilyOptions family_options(family f, std::shared_ptr<rocksdb::Cache> block_cache,
                                            const memory_limits& limits = {});

}  // namespace logline::journal
