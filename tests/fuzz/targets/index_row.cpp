// Rows of the indexes: entity prefixes, entity rows, positions and log keys.
// links: logline_journal
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "domain/core/invariant.hpp"
#include "journal/layout.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace logline;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto row = journal::parse_entity_row(bytes)) {
    const auto again = journal::parse_entity_row(journal::encode_entity_row(*row));
    LL_INVARIANT(again && again->first == row->first && again->positions == row->positions,
                 "a row of {} positions changes", row->positions.size());
  }
  if (const auto entity = journal::parse_entity_prefix(bytes))
    LL_INVARIANT(bytes.starts_with(journal::entity_prefix(*entity)), "another prefix for {}", entity->text());
  if (const auto position = journal::parse_position(bytes))
    LL_INVARIANT(journal::encode_position(*position) == bytes, "another position than {}", *position);
  if (const auto first = journal::parse_log_key(core::partition_id{0}, bytes))
    LL_INVARIANT(journal::log_key(core::partition_id{0}, *first) == bytes, "another key for {}", first->value);
  return 0;
}
