// A line of a mirror, and any record made into one: a line that is taken gives a record that makes the same line again,
// and a record that can be a line comes back byte for byte.
// links: logline_journal
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/merkle.hpp"
#include "journal/record_line.hpp"

namespace {

using namespace logline;

void through_a_line(const journal::record_view& r) {
  const std::string bytes{r.bytes};
  const auto before = core::sha256("before");
  std::string line;
  if (!journal::append_record_line(r, before, journal::chain_hash(before, journal::leaf_hash(bytes)), line)) return;
  const auto back = journal::parse_record_line(line);
  LL_INVARIANT(back, "a line of ours is refused: {}", back.error().text());
  LL_INVARIANT(journal::encode_record(back->record) == bytes, "a record of {} bytes comes back as another",
               bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (auto parsed = journal::parse_record_line(input)) {
    const std::string bytes = journal::encode_record(parsed->record);
    journal::record_view view;
    LL_INVARIANT(journal::read_record(bytes, view), "a line gives a record that cannot be read: {} bytes", size);
    through_a_line(view);
  }
  // Only bytes in canonical form stand for a record; what a later version appended is not ours to keep.
  const auto record = journal::decode_record(input);
  if (!record) return 0;
  const std::string bytes = journal::encode_record(*record);
  journal::record_view view;
  LL_INVARIANT(journal::read_record(bytes, view), "a record of ours is refused: {} bytes", bytes.size());
  through_a_line(view);
  return 0;
}
