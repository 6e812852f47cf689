// A signed head as text.
// links: logline_journal
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "journal/checkpoint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace logline;
  static const auto key = journal::site_key::from_seed(std::string(32, 's'))->public_key();
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = journal::parse_checkpoint(text);
  if (!parsed) return 0;
  LL_INVARIANT(journal::checkpoint_body(parsed->content) == parsed->signed_text, "a head of size {} has two texts",
               parsed->content.size);
  LL_INVARIANT(text.starts_with(parsed->signed_text) && !parsed->signatures.empty(),
               "signatures of {} bytes over other text", size);
  const auto verified = journal::checkpoint_verifier{parsed->content.origin, key}.verify(text);
  LL_INVARIANT(!verified || *verified == parsed->content, "verified another head of size {}", parsed->content.size);
  return 0;
}
