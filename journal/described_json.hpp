#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// A described struct as one compact JSON object.
template <class T>
std::string to_json(const T& value) {
  std::string out;
  core::json_sink to{out};
  core::encode_value(to, value);
  return out;
}

/// Reads one back; members it does not know are ignored. Errors: bad_encoding, which begins with `what`.
template <class T>
result<T> from_json(std::string_view text, std::string_view what) {
  T value;
  core::decode_scope scope{false};
  const auto read =
      core::read_json(text, [&](const core::source& from) { core::codec<T>::decode(from, value, scope, {}); });
  if (!read) return error{errc::bad_encoding, fmt::format("{}: {}", what, read.error().message), {}};
  if (!scope.failed()) return value;
  const auto why = scope.take_failure(what);
  const std::string detail =
      why.details.empty() ? why.message : why.details.front().path + ' ' + why.details.front().problem;
  return error{errc::bad_encoding, fmt::format("{}: {}", what, detail), {}};
}

}  // namespace logline::journal
