// A frame of the log: header, checksum, decompression, record lengths, and the records themselves.
// links: logline_journal
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/crc32c.hpp"
#include "journal/frame.hpp"
#include "journal/little_endian.hpp"

namespace {

using namespace logline;

void read_all(std::string_view value) {
  std::string plain;
  const auto header = journal::read_frame_header(value);
  const auto frame = journal::open_frame(value, plain);
  LL_INVARIANT(!frame || header, "a frame opens whose header does not read: {} bytes", value.size());
  if (!frame) return;
  LL_INVARIANT(frame->body.size() == frame->header.plain_bytes, "body of {} bytes, {} announced", frame->body.size(),
               frame->header.plain_bytes);
  std::uint64_t count = 0;
  std::size_t bytes = 0;
  std::string_view record;
  journal::frame_records records{*frame};
  for (;; ++count) {
    const auto more = records.next(record);
    if (!more) return;
    if (!*more) break;
    bytes += journal::record_prefix_bytes + record.size();
    journal::record_view view;
    if (journal::read_record(record, view))
      LL_INVARIANT(view.bytes.data() == record.data(), "a view of other bytes, {} long", view.bytes.size());
  }
  LL_INVARIANT(count == frame->header.count && bytes == frame->body.size(), "{} records in {} bytes, {} announced",
               count, bytes, frame->header.count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string value{reinterpret_cast<const char*>(data), size};
  read_all(value);
  if (size < journal::frame_header_bytes) return 0;
  // Chance does not find a checksum: behind it, the same bytes with the right one.
  const std::string_view covered{value};
  const std::uint32_t checksum = journal::crc32c(covered.substr(8), journal::crc32c(covered.substr(0, 4)));
  journal::put_little_endian(value.data() + 4, checksum);
  read_all(value);
  return 0;
}
