#include "adapters/ndjson/sealed_shard.hpp"

#include <fcntl.h>

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <zstd.h>

#include "adapters/ndjson/file.hpp"
#include "adapters/ndjson/line_source.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
constexpr std::size_t manifest_bytes_max = std::size_t{64} << 10;

std::filesystem::path with_suffix(const std::filesystem::path& sealed, std::string_view suffix) {
  return sealed.string().append(suffix);
}

/// zstd with a checksum in its frame, from file to file; answers the digest of what it read.
class packer {
 public:
  packer(file& from, file& to, int level) : from_(from), to_(to), stream_(ZSTD_createCCtx()) {
    const auto set_level = ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_compressionLevel, level);
    const auto set_checksum = ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
    LL_INVARIANT(ZSTD_isError(set_level) == 0 && ZSTD_isError(set_checksum) == 0, "zstd refuses level {}", level);
  }

  journal::result<core::digest> run() {
    running_digest digest;
    std::string chunk(chunk_bytes, '\0');
    for (;;) {
      const auto got = from_.read(chunk.data(), chunk.size());
      if (!got) return got.error();
      const auto bytes = std::string_view{chunk}.substr(0, *got);
      digest.add(bytes);
      if (auto packed = pack(bytes, bytes.empty() ? ZSTD_e_end : ZSTD_e_continue); !packed)
        return std::move(packed).error();
      if (bytes.empty()) return digest.value();
    }
  }

 private:
  struct free_context {
    void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  };

  outcome pack(std::string_view bytes, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      const auto left = ZSTD_compressStream2(stream_.get(), &out, &in, how);
      if (ZSTD_isError(left) != 0)
        return error{errc::store_failed, fmt::format("zstd: {}", ZSTD_getErrorName(left)), {}};
      if (auto written = to_.write(std::string_view{out_}.substr(0, out.pos)); !written) return written;
      if (how == ZSTD_e_end ? left == 0 : in.pos == in.size) return core::done{};
    }
  }

  file& from_;
  file& to_;
  std::unique_ptr<ZSTD_CCtx, free_context> stream_;
  std::string out_ = std::string(chunk_bytes, '\0');
};

struct packed_digests {
  core::digest plain;
  core::digest stored;
};

journal::result<packed_digests> read_back(const std::filesystem::path& packed) {
  auto source = line_source::open(packed, packing::zstd);
  if (!source) return std::move(source).error();
  running_digest digest;
  std::string_view line;
  for (;;) {
    const auto more = source->next(line);
    if (!more) return more.error();
    if (!*more) return packed_digests{digest.value(), source->stored_digest()};
    digest.add(line);
    digest.add("\n");
  }
}

}  // namespace

std::filesystem::path manifest_path(const std::filesystem::path& sealed) {
  return with_suffix(sealed, ".manifest");
}
std::filesystem::path packed_path(const std::filesystem::path& sealed) {
  return with_suffix(sealed, ".zst");
}
std::filesystem::path part_path(const std::filesystem::path& sealed) {
  return with_suffix(sealed, ".part");
}

shard_manifest manifest_of(const shard_scan& scan) {
  LL_INVARIANT(scan.header && scan.schema && scan.has_trailer, "only a whole shard has a manifest");
  shard_manifest m;
  m.shard = scan.header->name;
  m.site = scan.header->site;
  m.partition = scan.header->partition;
  m.first_gseq = scan.header->first_gseq;
  m.last_gseq = scan.position;
  m.lines = scan.events;
  m.previous = scan.header->previous;
  m.hash = scan.chain;
  m.previous_shard = scan.header->previous_shard;
  m.bytes = scan.bytes;
  m.sha256 = scan.digest.value();
  m.schema_number = scan.schema->number;
  m.types = scan.schema->types;
  return m;
}

outcome write_manifest(const std::filesystem::path& sealed, const shard_manifest& manifest, const shard_keys& keys) {
  return replace_durably(manifest_path(sealed), manifest_text(manifest, keys.current, keys.site));
}

journal::result<shard_manifest> read_manifest(const std::filesystem::path& sealed, const std::vector<line_key>& keys,
                                              const std::optional<journal::site_public_key>& vouched_by) {
  const auto path = manifest_path(sealed);
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::string text(manifest_bytes_max, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = opened->read(text.data() + size, text.size() - size);
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  text.resize(size);
  auto manifest = parse_manifest(text, keys, vouched_by);
  if (!manifest) return placed(manifest.error(), path, 1);
  if (manifest->shard != sealed.filename())
    return placed({errc::bad_encoding, "this is the manifest of another shard", {}}, path, 1);
  return manifest;
}

outcome pack_shard(const std::filesystem::path& sealed, shard_manifest manifest, const shard_keys& keys, int level) {
  const auto packed = packed_path(sealed);
  const auto unfinished = with_suffix(packed, ".tmp");
  auto from = file::open(sealed, O_RDONLY);
  if (!from) return std::move(from).error();
  auto to = file::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (!to) return std::move(to).error();
  const auto plain = packer{*from, *to, level}.run();
  if (!plain) return plain.error();
  if (*plain != manifest.sha256)
    return error{errc::checksum_mismatch, sealed.filename().string() + ": is not what its manifest says",
                 core::gseq{manifest.first_gseq}};
  if (auto synced = to->sync(); !synced) return synced;
  const auto copy = read_back(unfinished);
  if (!copy) return copy.error();
  if (copy->plain != *plain)
    return error{errc::store_failed, packed.filename().string() + ": the copy is not what was written", {}};
  manifest.packed_sha256 = copy->stored;
  if (auto written = write_manifest(sealed, manifest, keys); !written) return written;
  if (auto renamed = rename_durably(unfinished, packed); !renamed) return renamed;
  return remove_durably(sealed);
}

}  // namespace logline::ndjson
