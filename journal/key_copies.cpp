#include "journal/key_copies.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace logline::journal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "keystore-";
constexpr std::string_view unfinished = ".unfinished";

error failed(std::string_view doing, const std::error_code& problem) {
  return {errc::store_failed, std::string{doing} + ": " + problem.message(), {}};
}

/// The time in a copy's name; nothing for what is no copy.
std::optional<core::timestamp> time_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(prefix)) return std::nullopt;
  const auto at = core::parse_rfc3339(name.substr(prefix.size()));
  return at ? std::optional{*at} : std::nullopt;
}

}  // namespace

std::optional<core::timestamp> newest_key_copy(const fs::path& place) {
  std::optional<core::timestamp> newest;
  std::error_code nothing_there;
  for (const auto& entry : fs::directory_iterator{place, nothing_there})
    if (const auto at = time_of(entry.path())) newest = std::max(newest.value_or(*at), *at);
  return newest;
}

result<fs::path> make_key_copy(const key_store& keys, const fs::path& place, core::timestamp now) {
  std::error_code problem;
  if (fs::create_directories(place, problem); problem) return failed("making the place of key copies", problem);
  const fs::path whole = place / (std::string{prefix} + core::to_rfc3339(now));
  fs::path part = whole;
  part += unfinished;
  fs::remove_all(part, problem);
  if (auto copied = keys.back_up(part); !copied) return std::move(copied).error();
  fs::permissions(part, fs::perms::owner_all, problem);
  if (!problem) fs::rename(part, whole, problem);
  if (problem) return failed("naming a key copy", problem);
  return whole;
}

result<std::uint64_t> remove_key_copies(const fs::path& place, core::timestamp oldest) {
  std::error_code problem;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator{place, problem}) {
    const auto at = time_of(entry.path());
    const bool left_over = entry.path().extension() == unfinished;
    if (left_over || (at && *at < oldest)) old.push_back(entry.path());
  }
  for (const auto& path : old)
    if (!problem) fs::remove_all(path, problem);
  if (problem) return failed("removing old key copies", problem);
  return old.size();
}

}  // namespace logline::journal
