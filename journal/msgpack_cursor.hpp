#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace logline::journal {

/// Reads one msgpack structure of known shape in place: no copies, no allocation, whatever the lengths in foreign bytes
/// claim. The first violation makes it fail; from then on every call answers a zero value, so a reader checks ok()
/// once, at the end. (msgpack-c's zone and visitor cost three times as much here, see bench/journal_replay.)
///
/// Integers are taken in any width. A value; by its owner only. The bytes must outlive what is taken.
class msgpack_cursor {
 public:
  explicit msgpack_cursor(std::string_view bytes)
      : at_(reinterpret_cast<const unsigned char*>(bytes.data())), end_(at_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == end_; }
  const char* position() const { return reinterpret_cast<const char*>(at_); }
  void fail() {
    ok_ = false;
    at_ = end_;
  }

  /// Moves on and answers true if the next value is nil.
  bool take_nil() {
    if (at_ == end_ || *at_ != 0xc0) return false;
    ++at_;
    return true;
  }

  std::uint64_t take_unsigned() {
    const std::int64_t value = take_integer(false);
    return static_cast<std::uint64_t>(value);
  }
  /// Fails above `max`.
  template <class T>
  T take_unsigned(std::uint64_t max) {
    const std::uint64_t value = take_unsigned();
    if (value > max) fail();
    return static_cast<T>(ok_ ? value : 0);
  }
  std::int64_t take_signed() { return take_integer(true); }

  std::string_view take_text() {
    const unsigned char tag = take_byte();
    if ((tag & 0xe0) == 0xa0) return take_bytes(tag & 0x1f);
    if (tag >= 0xd9 && tag <= 0xdb) return take_bytes(take_big_endian(std::size_t{1} << (tag - 0xd9)));
    fail();
    return {};
  }
  std::string_view take_binary() {
    const unsigned char tag = take_byte();
    if (tag >= 0xc4 && tag <= 0xc6) return take_bytes(take_big_endian(std::size_t{1} << (tag - 0xc4)));
    fail();
    return {};
  }
  /// Fails unless it has exactly `size` bytes.
  std::string_view take_binary(std::size_t size) {
    const std::string_view value = take_binary();
    if (value.size() != size) fail();
    return ok_ ? value : std::string_view{};
  }

  /// The number of elements, which the caller takes next.
  std::uint64_t take_array() { return take_count(0x90, 0xdc); }
  /// The number of pairs.
  std::uint64_t take_map() { return take_count(0x80, 0xde); }

  /// Moves over one whole value and answers its bytes.
  std::string_view take_value() {
    const char* const begin = position();
    // A count instead of recursion: nesting in foreign bytes cannot exhaust the stack.
    for (std::uint64_t left = 1; left > 0 && ok_; --left)
      left += skip_head();
    return ok_ ? std::string_view{begin, static_cast<std::size_t>(position() - begin)} : std::string_view{};
  }

 private:
  unsigned char take_byte() {
    if (at_ == end_) [[unlikely]] {
      fail();
      return 0xc1;  // never a valid tag
    }
    return *at_++;
  }

  std::uint64_t take_big_endian(std::size_t width) {
    if (static_cast<std::size_t>(end_ - at_) < width) [[unlikely]] {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 8 | at_[i];
    at_ += width;
    return value;
  }

  std::string_view take_bytes(std::uint64_t size) {
    if (static_cast<std::uint64_t>(end_ - at_) < size) [[unlikely]] {
      fail();
      return {};
    }
    const std::string_view value{position(), static_cast<std::size_t>(size)};
    at_ += size;
    return value;
  }

  std::int64_t take_integer(bool negative_allowed) {
    const unsigned char tag = take_byte();
    if (tag <= 0x7f) return tag;
    if (tag >= 0xcc && tag <= 0xcf) {
      const std::uint64_t value = take_big_endian(std::size_t{1} << (tag - 0xcc));
      if (negative_allowed && value > INT64_MAX) fail();
      return static_cast<std::int64_t>(ok_ ? value : 0);
    }
    std::int64_t value = 0;
    if (tag >= 0xe0) {
      value = static_cast<signed char>(tag);
    } else if (tag >= 0xd0 && tag <= 0xd3) {
      const std::size_t width = std::size_t{1} << (tag - 0xd0);
      const auto shift = static_cast<int>(64 - 8 * width);
      value = static_cast<std::int64_t>(take_big_endian(width) << shift) >> shift;
    } else {
      fail();
    }
    if (value < 0 && !negative_allowed) fail();
    return ok_ ? value : 0;
  }

  std::uint64_t take_count(unsigned char fixed, unsigned char wide) {
    const unsigned char tag = take_byte();
    std::uint64_t count = 0;
    if ((tag & 0xf0) == fixed) {
      count = tag & 0x0f;
    } else if (tag == wide || tag == wide + 1) {
      count = take_big_endian(tag == wide ? 2 : 4);
    } else {
      fail();
    }
    // Each element takes a byte at least: a count beyond that is a lie, found before anybody loops over it.
    if (count > static_cast<std::uint64_t>(end_ - at_)) fail();
    return ok_ ? count : 0;
  }

  /// Moves over a value's head, and its bytes if it is no container; answers how many values follow inside it.
  std::uint64_t skip_head() {
    if (at_ == end_) {
      fail();
      return 0;
    }
    const unsigned char tag = *at_;
    if ((tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd) return take_array();
    if ((tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf) return take_map() * 2;
    if ((tag & 0xe0) == 0xa0 || (tag >= 0xd9 && tag <= 0xdb)) {
      take_text();
    } else if (tag >= 0xc4 && tag <= 0xc6) {
      take_binary();
    } else if (tag == 0xc0 || tag == 0xc2 || tag == 0xc3) {
      ++at_;
    } else if (tag == 0xca || tag == 0xcb) {
      ++at_;
      take_bytes(tag == 0xca ? 4 : 8);
    } else if (tag >= 0xcc && tag <= 0xcf) {
      ++at_;  // any of 64 bits, also beyond what a signed integer holds
      take_bytes(std::uint64_t{1} << (tag - 0xcc));
    } else {
      take_integer(true);
    }
    return 0;
  }

  const unsigned char* at_;
  const unsigned char* end_;
  bool ok_ = true;
};

}  // namespace logline::journal
