#include "adapters/ndjson/shard_name.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace logline::ndjson {

namespace {

constexpr std::string_view prefix = "audit-";
constexpr std::string_view ending = ".ndjson";
constexpr std::size_t day_size = 10;

bool is_day(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : text[i] < '0' || text[i] > '9') return false;
  }
  return text.size() == day_size;
}

/// Takes "audit-DAY-N.ndjson" off the front of `text`.
std::optional<shard_name> take_name(std::string_view& text) {
  if (!text.starts_with(prefix) || text.size() < prefix.size() + day_size + 1) return std::nullopt;
  shard_name name{std::string{text.substr(prefix.size(), day_size)}, 0};
  if (!is_day(name.day) || text[prefix.size() + day_size] != '-') return std::nullopt;
  const auto* begin = text.data() + prefix.size() + day_size + 1;
  const auto parsed = std::from_chars(begin, text.data() + text.size(), name.number);
  if (parsed.ec != std::errc{}) return std::nullopt;
  const auto whole = name.text();
  if (!text.starts_with(whole)) return std::nullopt;  // a number with leading zeros is not ours
  text.remove_prefix(whole.size());
  return name;
}

}  // namespace

std::string shard_name::text() const {
  return fmt::format("{}{}-{}{}", prefix, day, number, ending);
}

std::optional<shard_name> parse_shard_name(std::string_view text) {
  auto name = take_name(text);
  return text.empty() ? name : std::nullopt;
}

std::string utc_day(core::timestamp at) {
  return core::to_rfc3339(std::clamp(at, core::earliest, core::latest)).substr(0, day_size);
}

journal::result<directory_listing> list_shards(const std::filesystem::path& directory) {
  std::error_code failed;
  std::filesystem::directory_iterator entries{directory, failed};
  std::map<shard_name, shard_files> found;
  directory_listing listing;
  for (; !failed && entries != std::filesystem::directory_iterator{}; entries.increment(failed)) {
    const auto file = entries->path().filename().string();
    std::string_view rest = file;
    const auto name = take_name(rest);
    if (!name) continue;
    if (rest.ends_with(".tmp")) {
      listing.unfinished.push_back(file);
      continue;
    }
    if (rest != "" && rest != ".part" && rest != ".zst" && rest != ".manifest") continue;
    auto& files = found[*name];
    files.name = *name;
    files.open = files.open || rest == ".part";
    files.plain = files.plain || rest.empty();
    files.packed = files.packed || rest == ".zst";
    files.manifest = files.manifest || rest == ".manifest";
  }
  if (failed) {
    const auto code =
        failed == std::errc::no_such_file_or_directory ? journal::errc::not_found : journal::errc::store_failed;
    return journal::error{code, "cannot list the mirror's directory: " + failed.message(), {}};
  }
  for (auto& [name, files] : found)
    listing.shards.push_back(std::move(files));
  return listing;
}

std::string sealed_name(const std::filesystem::path& path) {
  auto name = path.filename().string();
  for (const std::string_view suffix : {".part", ".zst"})
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  return name;
}

}  // namespace logline::ndjson
