// A record's canonical bytes. Whatever can be read must survive being written and read again.
// links: logline_journal
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace logline;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  journal::record_view view;
  const auto read = journal::read_record(bytes, view);
  const auto record = journal::decode_record(bytes);
  LL_INVARIANT(read || !record, "a record decodes that does not read: {} bytes", size);
  if (!record) return 0;
  const std::string written = journal::encode_record(*record);
  const auto again = journal::decode_record(written);
  LL_INVARIANT(again, "a record of ours is refused: {}", again.error().text());
  LL_INVARIANT(journal::encode_record(*again) == written, "a record of {} bytes has two canonical forms",
               written.size());
  return 0;
}
