// A msgpack value: copying it writes the one canonical form.
// links: logline_domain_core
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/msgpack.hpp"

namespace {

bool copy(std::string_view encoded, std::string& out) {
  logline::core::msgpack_sink to{out};
  return logline::core::read_msgpack(encoded,
                                     [&](const logline::core::source& from) { logline::core::copy_value(from, to); })
      .has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string once, twice;
  if (!copy({reinterpret_cast<const char*>(data), size}, once)) return 0;
  LL_INVARIANT(copy(once, twice) && twice == once, "{} bytes have two canonical forms", size);
  LL_INVARIANT(once.size() <= size * 9 + 9, "{} bytes grew to {}", size, once.size());
  return 0;
}
