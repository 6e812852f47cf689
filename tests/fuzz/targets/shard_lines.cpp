// Header, schema line and trailer of an NDJSON shard: what is read must survive being written and read again.
// links: logline_ndjson
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/meta.hpp"
#include "domain/core/invariant.hpp"

namespace {

using namespace logline;

const ndjson::line_key& key() {
  static const auto made = ndjson::line_key::from_raw(std::string(32, 'k'));
  LL_INVARIANT(made.has_value(), "32 bytes are a key");
  return *made;
}

std::string body_of(std::string_view line) {
  ndjson::signed_line parts;
  LL_INVARIANT(ndjson::split_line(line.substr(0, line.size() - 1), parts), "a line of ours is no line: {} bytes",
               line.size());
  return parts.body;
}

template <class Meta, class Parse>
void check(std::string_view input, const Parse& parse) {
  const journal::result<Meta> read = parse(input);
  if (!read) return;
  std::string line;
  ndjson::append_meta_line(*read, key(), line);
  const journal::result<Meta> again = parse(body_of(line));
  LL_INVARIANT(again, "a line of ours is refused: {}", again.error().text());
  std::string second;
  ndjson::append_meta_line(*again, key(), second);
  LL_INVARIANT(second == line, "a meta line of {} bytes has two forms", line.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  static_cast<void>(ndjson::kind_of(input));
  check<ndjson::shard_header>(input, ndjson::parse_header);
  check<ndjson::schema_line>(input, ndjson::parse_schema);
  check<ndjson::shard_trailer>(input, ndjson::parse_trailer);
  static_cast<void>(ndjson::parse_manifest(input, {key()}, std::nullopt));
  return 0;
}
