// A free-form JSON value: what is accepted is shown as JSON that means the same.
// links: logline_domain_core
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace logline;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto value = core::document_from_json(text);
  if (!value) return 0;
  const std::string shown = core::json_text(*value);
  const auto again = core::document_from_json(shown);
  LL_INVARIANT(again.has_value(), "{} bytes of JSON are shown as something else", size);
  LL_INVARIANT(core::json_text(*again) == shown, "{} bytes of JSON are shown in two ways", size);
  return 0;
}
