#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logline::http {

/// Takes a body out of a stream of bytes: of known length, or chunked (RFC 9112 §7.1). Our own because Beast 1.74
/// asserts on an empty chunked body that comes in pieces, and makes headers of trailer fields. Accepts any bytes.
class body_decoder {
 public:
  static body_decoder of_length(std::uint64_t bytes, std::size_t bytes_max);
  static body_decoder of_chunks(std::size_t bytes_max);

  enum class state { more, done, too_large, malformed };

  /// Reads as far as it can, appends to `body`, and answers how many bytes of `in` it has used.
  std::size_t feed(std::string_view in, std::string& body);
  state now() const { return state_; }

 private:
  enum class part { size, data, data_end, trailer };

  std::size_t read_line(std::string_view in);
  void line_done();
  void chunk_begins();
  std::size_t read_data(std::string_view in, std::string& body);
  void data_done();

  // Chunk extensions and trailers carry nothing that anyone uses; a line of them is no place to hide megabytes.
  static constexpr std::size_t line_bytes_max = 1'024;
  static constexpr std::size_t trailer_lines_max = 32;

  bool chunked_ = false;
  part part_ = part::data;
  state state_ = state::more;
  std::uint64_t remaining_ = 0;  // of the body or of the chunk
  std::uint64_t total_ = 0;
  std::uint64_t bytes_max_ = 0;
  std::size_t trailer_lines_ = 0;
  std::string line_;
};

}  // namespace logline::http
