#include "journal/open.hpp"

#include "journal/memory_store.hpp"
#include "journal/stored_log.hpp"

namespace logline::journal {

std::unique_ptr<partition_log> make_memory_log(log_settings settings) {
  return std::make_unique<stored_log>(std::move(settings), std::make_unique<memory_store>(), log_state{}, false);
}

}  // namespace logline::journal
