#include <catch2/catch.hpp>

#include "journal/crc32c.hpp"
#include "journal/frame.hpp"

using namespace logline;
using namespace logline::journal;

namespace {

frame_header header_of(std::uint32_t count) {
  frame_header h;
  h.partition = core::partition_id{3};
  h.first = core::gseq{100};
  h.commit_first = core::gseq{90};
  h.commit_last = core::gseq{99 + count + 5};
  h.first_at = core::timestamp{-5};
  h.last_at = core::timestamp{7};
  h.chain_before = core::sha256("before");
  h.chain_after = core::sha256("after");
  return h;
}

std::string frame_of(const std::vector<std::string>& records, int level = 1) {
  frame_builder builder;
  for (const auto& r : records)
    builder.add(r);
  zstd_codec codec;
  std::string value;
  builder.seal(header_of(static_cast<std::uint32_t>(records.size())), codec, level, value);
  CHECK(builder.empty());
  return value;
}

std::vector<std::string> records_in(const frame_view& frame) {
  std::vector<std::string> out;
  frame_records records{frame};
  std::string_view one;
  for (;;) {
    const auto more = records.next(one);
    REQUIRE(more);
    if (!*more) return out;
    out.emplace_back(one);
  }
}

errc open_error(std::string_view value) {
  std::string plain;
  const auto frame = open_frame(value, plain);
  REQUIRE(!frame);
  return frame.error().code;
}

/// The value with a byte changed and the checksum made right again.
std::string resealed(std::string value, std::size_t at, char byte) {
  value[at] = byte;
  const std::uint32_t crc = crc32c(std::string_view{value}.substr(8), crc32c(std::string_view{value}.substr(0, 4)));
  for (std::size_t i = 0; i < 4; ++i)
    value[4 + i] = static_cast<char>(crc >> (8 * i));
  return value;
}

}  // namespace

TEST_CASE("a frame gives back its header and records, compressed or not") {
  const std::vector<std::vector<std::string>> cases{{"one"},
                                                    {std::string(1000, 'x'), "", std::string(500, 'y')},
                                                    {core::sha256("incompressible").hex().substr(0, 20)}};
  for (const auto& records : cases) {
    const std::string value = frame_of(records);
    std::string plain;
    const auto frame = open_frame(value, plain);
    REQUIRE(frame);
    CHECK(records_in(*frame) == records);
    const frame_header expected = header_of(static_cast<std::uint32_t>(records.size()));
    CHECK(frame->header.partition == expected.partition);
    CHECK(frame->header.first == expected.first);
    CHECK(frame->header.last().value == 99 + records.size());
    CHECK(frame->header.commit_first == expected.commit_first);
    CHECK(frame->header.commit_last == expected.commit_last);
    CHECK(frame->header.first_at == expected.first_at);
    CHECK(frame->header.last_at == expected.last_at);
    CHECK(frame->header.chain_before == expected.chain_before);
    CHECK(frame->header.chain_after == expected.chain_after);
  }
  CHECK(frame_of({std::string(2000, 'x')}).size() < 200);
  CHECK(frame_of({"short"}).size() == frame_header_bytes + record_prefix_bytes + 5);
}

TEST_CASE("a frame takes records up to 64 KiB, or one larger one", "[JRN-05]") {
  frame_builder builder;
  CHECK(builder.has_room(record_bytes_max));
  const std::size_t fits = frame_bytes_max - frame_header_bytes - 2 * record_prefix_bytes - 1000;
  builder.add(std::string(1000, 'x'));
  CHECK(builder.has_room(fits));
  CHECK(!builder.has_room(fits + 1));
}

TEST_CASE("every flipped bit and every cut of a frame is found", "[JRN-07]") {
  for (const auto& value : {frame_of({std::string(1'900, 'x'), "second"}), frame_of({"short"})}) {
    std::string plain;
    REQUIRE(open_frame(value, plain));
    for (std::size_t i = 0; i < value.size() * 8; ++i) {
      std::string changed = value;
      changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
      CHECK(!open_frame(changed, plain));
      CHECK(!read_frame_header(changed));
    }
    for (std::size_t size = 0; size < value.size(); ++size)
      CHECK(open_error(value.substr(0, size)) == errc::short_read);
  }
}

TEST_CASE("each kind of damage to a frame has its own code", "[JRN-07]") {
  const std::string value = frame_of({std::string(1'900, 'x'), "second"});
  std::string magic = value;
  magic[0] = 'X';
  CHECK(open_error(magic) == errc::bad_magic);
  std::string body = value;
  body.back() = static_cast<char>(body.back() ^ 1);
  CHECK(open_error(body) == errc::checksum_mismatch);
  CHECK(open_error(value.substr(0, value.size() - 1)) == errc::short_read);
  CHECK(open_error(resealed(value, 8, 2)) == errc::unknown_format);
  CHECK(open_error(resealed(value, 12, 9)) == errc::bad_encoding);                  // unknown compression
  CHECK(open_error(resealed(value, 31, 0x7f)) == errc::bad_encoding);               // claims 2 GiB uncompressed
  CHECK(open_error(resealed(value, value.size() - 1, 'q')) == errc::bad_encoding);  // not zstd
  CHECK(open_error(resealed(value, 24, 0)) == errc::bad_encoding);                  // no records

  std::string plain;
  const std::string fewer = resealed(value, 24, 1);
  const auto frame = open_frame(fewer, plain);
  REQUIRE(frame);
  frame_records records{*frame};
  std::string_view one;
  REQUIRE(records.next(one));
  CHECK(records.next(one).error().code == errc::bad_encoding);
}

TEST_CASE("CRC-32C is the one of RFC 3720") {
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c("456789", crc32c("123")) == 0xe3069283);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    CHECK(crc32c(text) == crc32c_portable(text));
    text += static_cast<char>(i * 7);
  }
}
