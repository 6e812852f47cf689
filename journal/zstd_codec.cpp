#include "journal/zstd_codec.hpp"

#include <fmt/format.h>
#include <zstd.h>

namespace logline::journal {

struct zstd_codec::contexts {
  struct free_context {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
    void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
  };
  // A reader never needs the first, whose tables take most of a megabyte.
  std::unique_ptr<ZSTD_CCtx, free_context> packing;
  std::unique_ptr<ZSTD_DCtx, free_context> unpacking;
};

zstd_codec::zstd_codec() : contexts_(std::make_unique<contexts>()) {}
zstd_codec::~zstd_codec() = default;

bool zstd_codec::compress(std::string_view plain, int level, std::size_t bytes_max, std::string& out) {
  if (!contexts_->packing) contexts_->packing.reset(ZSTD_createCCtx());
  const std::size_t before = out.size();
  out.resize(before + bytes_max);
  const std::size_t written =
      ZSTD_compressCCtx(contexts_->packing.get(), out.data() + before, bytes_max, plain.data(), plain.size(), level);
  const bool fits = ZSTD_isError(written) == 0;
  out.resize(before + (fits ? written : 0));
  return fits;
}

outcome zstd_codec::decompress(std::string_view packed, std::size_t size, std::string& out) {
  if (!contexts_->unpacking) contexts_->unpacking.reset(ZSTD_createDCtx());
  out.resize(size);
  const std::size_t written =
      ZSTD_decompressDCtx(contexts_->unpacking.get(), out.data(), size, packed.data(), packed.size());
  if (ZSTD_isError(written) != 0)
    return error{errc::bad_encoding, fmt::format("zstd: {}", ZSTD_getErrorName(written)), {}};
  if (written != size)
    return error{errc::bad_encoding, fmt::format("zstd: {} bytes where {} were announced", written, size), {}};
  return core::done{};
}

zstd_codec& zstd_codec::of_thread() {
  thread_local zstd_codec codec;
  return codec;
}

}  // namespace logline::journal
