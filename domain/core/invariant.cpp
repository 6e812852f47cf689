#include "domain/core/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace logline::core {

void invariant_violated(const char* file, int line, const char* expression, const std::string& detail) {
  std::fprintf(stderr, "invariant violated at %s:%d: %s: %s\n", file, line, expression, detail.c_str());
  std::abort();
}

}  // namespace logline::core
