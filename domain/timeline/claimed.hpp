#pragma once

#include <string>
#include <utility>

#include "domain/core/described.hpp"

namespace logline::timeline {

/// A clock value as a caller states it. A malformed one is noted instead of refusing the whole request, so that one bad
/// item of a batch is answered for alone, with INVALID_CLOCK (engine §16).
template <class T>
struct claimed {
  T value{};
  std::string problem = {};  ///< empty: well formed

  claimed() = default;
  claimed(T v) : value(std::move(v)) {}  // NOLINT: a clock stands for the claim of it
};

}  // namespace logline::timeline

namespace logline::core {

template <class T>
struct codec<timeline::claimed<T>> {
  static void encode(sink& to, const timeline::claimed<T>& v) { codec<T>::encode(to, v.value); }
  static void decode(const source& from, timeline::claimed<T>& v, decode_scope&, const attributes& attr) {
    decode_scope inner{true};
    codec<T>::decode(from, v.value, inner, attr);
    if (inner.failed()) v.problem = inner.take_failure("clock").message;
  }
  static const type_shape& shape() { return codec<T>::shape(); }
};

}  // namespace logline::core
