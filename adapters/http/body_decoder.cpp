#include "adapters/http/body_decoder.hpp"

#include <algorithm>
#include <charconv>

namespace logline::http {

body_decoder body_decoder::of_length(std::uint64_t bytes, std::size_t bytes_max) {
  body_decoder decoder;
  decoder.remaining_ = bytes;
  decoder.bytes_max_ = bytes_max;
  if (bytes > bytes_max) decoder.state_ = state::too_large;
  if (bytes == 0) decoder.state_ = state::done;
  return decoder;
}

body_decoder body_decoder::of_chunks(std::size_t bytes_max) {
  body_decoder decoder;
  decoder.chunked_ = true;
  decoder.part_ = part::size;
  decoder.bytes_max_ = bytes_max;
  return decoder;
}

std::size_t body_decoder::feed(std::string_view in, std::string& body) {
  std::size_t used = 0;
  while (state_ == state::more && used < in.size())
    used += part_ == part::data ? read_data(in.substr(used), body) : read_line(in.substr(used));
  return used;
}

std::size_t body_decoder::read_data(std::string_view in, std::string& body) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size()));
  body.append(in.substr(0, size));
  remaining_ -= size;
  if (remaining_ == 0) data_done();
  return size;
}

void body_decoder::data_done() {
  if (chunked_)
    part_ = part::data_end;
  else
    state_ = state::done;
}

// Collects one line; CR LF ends it, a CR or LF of its own is malformed.
std::size_t body_decoder::read_line(std::string_view in) {
  const std::size_t end = in.find('\n');
  const std::size_t size = end == std::string_view::npos ? in.size() : end + 1;
  line_ += in.substr(0, size);
  if (line_.size() > line_bytes_max) {
    state_ = state::malformed;
  } else if (end != std::string_view::npos) {
    const bool whole = line_.size() >= 2 && line_[line_.size() - 2] == '\r' && line_.find('\r') == line_.size() - 2;
    line_.resize(line_.size() - std::min<std::size_t>(2, line_.size()));
    if (whole)
      line_done();
    else
      state_ = state::malformed;
    line_.clear();
  }
  return size;
}

void body_decoder::line_done() {
  switch (part_) {
    case part::size:
      return chunk_begins();
    case part::data_end:
      if (!line_.empty()) state_ = state::malformed;
      part_ = part::size;
      return;
    case part::trailer:
      if (line_.empty()) state_ = state::done;
      if (++trailer_lines_ > trailer_lines_max) state_ = state::malformed;
      return;
    case part::data:
      return;
  }
}

void body_decoder::chunk_begins() {
  std::uint64_t size = 0;
  const char* const begin = line_.data();
  const auto [end, error] = std::from_chars(begin, begin + line_.size(), size, 16);
  const auto rest = std::string_view{line_}.substr(static_cast<std::size_t>(end - begin));
  if (error != std::errc{} || (!rest.empty() && rest.front() != ';')) {
    state_ = state::malformed;
  } else if (size > bytes_max_ - total_) {
    state_ = state::too_large;
  } else {
    total_ += size;
    remaining_ = size;
    part_ = size == 0 ? part::trailer : part::data;
  }
}

}  // namespace logline::http
