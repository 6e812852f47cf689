#include "journal/directory_store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "journal/file.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view unfinished_suffix = ".tmp";
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

bool is_segment(std::string_view segment) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !segment.empty() && segment != "." && segment != ".." && !segment.ends_with(unfinished_suffix) &&
         segment.find_first_not_of(allowed) == std::string_view::npos;
}

fs::path unfinished_name(const fs::path& path) {
  fs::path out = path;
  out += unfinished_suffix;
  return out;
}

/// Hands the file's bytes to `take` piece by piece; answers their digest.
template <class Take>
result<core::digest> pour(file& from, Take take) {
  running_digest digest;
  std::string chunk(chunk_bytes, '\0');
  for (;;) {
    const auto got = from.read(chunk.data(), chunk.size());
    if (!got) return got.error();
    if (*got == 0) return digest.value();
    const std::string_view bytes{chunk.data(), *got};
    digest.add(bytes);
    if (auto taken = take(bytes); !taken) return std::move(taken).error();
  }
}

/// A copy under another name; none is left on an error. With `expected`, of these bytes only.
result<core::digest> copy_to(file& from, const fs::path& to, const std::optional<core::digest>& expected) {
  auto made = file::open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (!made) return error{errc::store_failed, made.error().message, {}};
  auto digest = pour(from, [&](std::string_view bytes) { return made->write(bytes); });
  if (digest && expected && *digest != *expected)
    digest = error{errc::checksum_mismatch,
                   fmt::format("{}: expected sha256 {}, found {}", to.stem().string(), expected->hex(), digest->hex()),
                   {}};
  auto synced = digest ? made->sync() : outcome{core::done{}};
  if (digest && synced) return digest;
  if (auto removed = remove_durably(to); !removed) return std::move(removed).error();
  return digest ? std::move(synced).error() : std::move(digest).error();
}

}  // namespace

bool is_object_name(std::string_view name) {
  if (name.empty() || name.size() > object_name_bytes_max) return false;
  for (;;) {
    const std::size_t slash = name.find('/');
    if (!is_segment(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

result<std::unique_ptr<directory_store>> directory_store::open(const fs::path& directory) {
  if (auto made = make_directory(directory); !made) return std::move(made).error();
  return std::unique_ptr<directory_store>{new directory_store{directory}};
}

result<std::unique_ptr<directory_store>> directory_store::open_existing(const fs::path& directory) {
  std::error_code unknown;
  if (!fs::is_directory(directory, unknown))
    return error{errc::not_found, fmt::format("there is no directory {}", directory.string()), {}};
  return std::unique_ptr<directory_store>{new directory_store{directory}};
}

result<fs::path> directory_store::path_of(std::string_view name) const {
  if (!is_object_name(name)) return error{errc::bad_encoding, fmt::format("\"{}\" names no object", name), {}};
  return directory_ / name;
}

outcome directory_store::put(std::string_view name, std::string_view bytes) {
  auto path = path_of(name);
  if (!path) return std::move(path).error();
  if (auto made = make_directory(path->parent_path()); !made) return made;
  return replace_durably(*path, bytes);
}

outcome directory_store::put_file(std::string_view name, const fs::path& from, const core::digest& sha256) {
  auto path = path_of(name);
  if (!path) return std::move(path).error();
  auto opened = file::open(from, O_RDONLY);
  if (!opened) return std::move(opened).error();
  if (auto made = make_directory(path->parent_path()); !made) return made;
  const auto unfinished = unfinished_name(*path);
  if (auto copied = copy_to(*opened, unfinished, sha256); !copied) return std::move(copied).error();
  return rename_durably(unfinished, *path);
}

result<std::string> directory_store::get(std::string_view name, std::size_t bytes_max) {
  auto path = path_of(name);
  if (!path) return std::move(path).error();
  auto opened = file::open(*path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  std::string out;
  auto read = pour(*opened, [&](std::string_view bytes) -> outcome {
    if (out.size() + bytes.size() > bytes_max)
      return error{errc::too_large, fmt::format("{} has more than {} bytes", name, bytes_max), {}};
    out += bytes;
    return core::done{};
  });
  if (!read) return std::move(read).error();
  return out;
}

result<core::digest> directory_store::get_file(std::string_view name, const fs::path& to) {
  auto path = path_of(name);
  if (!path) return std::move(path).error();
  auto opened = file::open(*path, O_RDONLY);
  if (!opened) return std::move(opened).error();
  return copy_to(*opened, to, std::nullopt);
}

result<std::vector<object_info>> directory_store::list(std::string_view prefix) {
  std::vector<object_info> out;
  std::error_code problem;
  fs::recursive_directory_iterator each{directory_, problem};
  for (; !problem && each != fs::recursive_directory_iterator{}; each.increment(problem)) {
    if (!each->is_regular_file(problem)) continue;
    std::string name = each->path().lexically_relative(directory_).generic_string();
    if (!name.starts_with(prefix) || !is_object_name(name)) continue;
    const std::uint64_t bytes = each->file_size(problem);
    if (!problem) out.push_back({std::move(name), bytes});
  }
  if (problem) return error{errc::store_failed, fmt::format("listing {}: {}", where(), problem.message()), {}};
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

outcome directory_store::remove(std::string_view name) {
  auto path = path_of(name);
  if (!path) return std::move(path).error();
  std::error_code unknown;
  if (!fs::exists(path->parent_path(), unknown)) return core::done{};
  return remove_durably(*path);
}

}  // namespace logline::journal
