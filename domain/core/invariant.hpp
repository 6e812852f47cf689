#pragma once

#include <fmt/format.h>

namespace logline::core {

/// Prints "invariant violated at FILE:LINE: EXPRESSION: DETAIL" to stderr and aborts. Never returns.
[[noreturn]] void invariant_violated(const char* file, int line, const char* expression, const std::string& detail);

}  // namespace logline::core

/// Always on, in every build: a node that is wrong must stop, not limp. The remaining arguments are a format string and
/// its operands, so that the crash names the values that broke the rule.
#define LL_INVARIANT(expression, ...)                                                                   \
  do {                                                                                                  \
    if (!(expression)) [[unlikely]]                                                                     \
      ::logline::core::invariant_violated(__FILE__, __LINE__, #expression, ::fmt::format(__VA_ARGS__)); \
  } while (false)
