#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace logline::journal {

// Values are little-endian (as the machines we run on), keys big-endian (so that they sort as numbers do).

template <class T>
void put_little_endian(char* at, T value) {
  static_assert(std::is_integral_v<T>);
  using bits = std::make_unsigned_t<T>;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    at[i] = static_cast<char>(static_cast<std::uint64_t>(static_cast<bits>(value)) >> (8 * i));
}

template <class T>
T get_little_endian(const char* at) {
  static_assert(std::is_integral_v<T>);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return static_cast<T>(value);
}

template <class T>
void append_big_endian(std::string& out, T value) {
  static_assert(std::is_unsigned_v<T>);
  for (std::size_t i = sizeof(T); i-- > 0;)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

/// `bytes` has at least sizeof(T) bytes.
template <class T>
T get_big_endian(std::string_view bytes) {
  static_assert(std::is_unsigned_v<T>);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return static_cast<T>(value);
}

}  // namespace logline::journal
