#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "domain/core/invariant.hpp"

namespace logline::core {

/// What sort of refusal it is; adapters map it to their own vocabulary (HTTP status, exit code) in one table.
enum class failure_kind : std::uint8_t {
  invalid_input,  ///< the caller must change the request
  unauthorized,   ///< who is asking is not known
  forbidden,      ///< who is asking may not
  not_found,      ///< nothing there, or nothing the caller may see
  method_not_allowed,
  conflict,  ///< the state does not allow it now
  too_large,
  unsupported_media,
  too_many,     ///< slow down; see retry_after_s
  unavailable,  ///< try again; nothing was done, or the outcome is found under the same idempotency key
  internal,     ///< our fault; logged
};

/// One offending place of a request.
struct failure_detail {
  std::string path;  ///< JSON-pointer-like: "/payload/amount"
  std::string problem;
};

/// A refusal or error as every door shows it (gateway ERR-1). `code` is stable and upper case; `message` says what to
/// do and never holds personal data, secrets, stack traces or file system paths.
struct failure {
  failure_kind kind = failure_kind::internal;
  std::string code;
  std::string message;
  std::vector<failure_detail> details = {};
  std::int64_t retry_after_s = 0;  ///< 0: not said
};

inline failure invalid_input(std::string message, std::vector<failure_detail> details = {}) {
  return {failure_kind::invalid_input, "INVALID_INPUT", std::move(message), std::move(details)};
}
inline failure not_found(std::string message) {
  return {failure_kind::not_found, "NOT_FOUND", std::move(message)};
}
inline failure conflict(std::string message) {
  return {failure_kind::conflict, "CONFLICT", std::move(message)};
}
inline failure too_large(std::string message) {
  return {failure_kind::too_large, "PAYLOAD_TOO_LARGE", std::move(message)};
}
inline failure unavailable(std::string message, std::int64_t retry_after_s = 1) {
  return {failure_kind::unavailable, "UNAVAILABLE", std::move(message), {}, retry_after_s};
}
inline failure overloaded(std::string message, std::int64_t retry_after_s = 1) {
  return {failure_kind::unavailable, "OVERLOADED", std::move(message), {}, retry_after_s};
}

/// A value or the reason why there is none (the shape of C++23's std::expected). Reading the wrong side is a broken
/// invariant.
template <class T, class E = failure>
class [[nodiscard]] result {
 public:
  result(T value) : content_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  result(E error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  explicit operator bool() const noexcept { return content_.index() == 0; }
  bool has_value() const noexcept { return content_.index() == 0; }

  T& value() & { return checked(), *std::get_if<0>(&content_); }
  const T& value() const& { return checked(), *std::get_if<0>(&content_); }
  T&& value() && { return checked(), std::move(*std::get_if<0>(&content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const E& error() const& {
    LL_INVARIANT(content_.index() == 1, "error() of a result that holds a value");
    return *std::get_if<1>(&content_);
  }
  E&& error() && {
    LL_INVARIANT(content_.index() == 1, "error() of a result that holds a value");
    return std::move(*std::get_if<1>(&content_));
  }

 private:
  void checked() const { LL_INVARIANT(content_.index() == 0, "value() of a result that holds an error"); }
  std::variant<T, E> content_;
};

/// Success without a value.
struct done {};
using outcome = result<done>;

}  // namespace logline::core
