#include "adapters/ndjson/line_source.hpp"

#include <fcntl.h>

#include <fmt/format.h>
#include <zstd.h>

namespace logline::ndjson {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{128} << 10;
constexpr int window_log_max = 25;  // 32 MiB: more than any level we write with, and a bound on foreign files

}  // namespace

struct line_source::unpacking {
  struct free_stream {
    void operator()(ZSTD_DStream* s) const { ZSTD_freeDStream(s); }
  };
  std::unique_ptr<ZSTD_DStream, free_stream> stream{ZSTD_createDStream()};
  std::string plain = std::string(chunk_bytes, '\0');
  bool in_frame = false;
};

void line_source::unpacking_free::operator()(unpacking* u) const {
  delete u;
}

journal::result<line_source> line_source::open(const std::filesystem::path& path, packing how) {
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  line_source source{std::move(*opened)};
  source.chunk_.resize(chunk_bytes);
  if (how == packing::zstd) {
    source.unpacking_.reset(new unpacking);
    const auto set = ZSTD_DCtx_setParameter(source.unpacking_->stream.get(), ZSTD_d_windowLogMax, window_log_max);
    LL_INVARIANT(ZSTD_isError(set) == 0, "zstd refuses a window of 2^{}", window_log_max);
  }
  return source;
}

journal::result<bool> line_source::next(std::string_view& line) {
  for (;;) {
    const auto end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      line = std::string_view{buffer_}.substr(begin_, end - begin_);
      begin_ = searched_ = end + 1;
      return true;
    }
    searched_ = buffer_.size();
    if (buffer_.size() - begin_ > line_bytes_max)
      return journal::error{journal::errc::bad_encoding, fmt::format("a line over {} bytes", line_bytes_max), {}};
    const auto more = refill();
    if (!more || !*more) return more;
  }
}

journal::result<bool> line_source::refill() {
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const auto got = file_.read(chunk_.data(), chunk_.size());
  if (!got) return got.error();
  const auto bytes = std::string_view{chunk_}.substr(0, *got);
  stored_.add(bytes);
  if (!unpacking_) {
    buffer_ += bytes;
  } else if (bytes.empty() && unpacking_->in_frame) {
    return journal::error{journal::errc::short_read, "the zstd file is cut", {}};
  } else if (auto unpacked = unpack(bytes); !unpacked) {
    return std::move(unpacked).error();
  }
  return *got > 0;
}

journal::outcome line_source::unpack(std::string_view packed) {
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  bool full = false;
  // A full output buffer may leave plain bytes inside zstd although all input is taken.
  while (in.pos < in.size || full) {
    ZSTD_outBuffer out{unpacking_->plain.data(), unpacking_->plain.size(), 0};
    const auto left = ZSTD_decompressStream(unpacking_->stream.get(), &out, &in);
    if (ZSTD_isError(left) != 0)
      return journal::error{journal::errc::bad_encoding, fmt::format("zstd: {}", ZSTD_getErrorName(left)), {}};
    unpacking_->in_frame = left != 0;
    full = out.pos == out.size && left != 0;
    buffer_.append(unpacking_->plain, 0, out.pos);
    if (buffer_.size() - begin_ > line_bytes_max && buffer_.find('\n', searched_) == std::string::npos)
      return journal::error{journal::errc::bad_encoding, fmt::format("a line over {} bytes", line_bytes_max), {}};
  }
  return core::done{};
}

}  // namespace logline::ndjson
