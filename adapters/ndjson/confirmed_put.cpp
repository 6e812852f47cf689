#include "adapters/ndjson/confirmed_put.hpp"

#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "adapters/ndjson/file.hpp"

namespace logline::ndjson {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

/// Whether the place gives out bytes of that digest under that name; false where it has none or others.
journal::result<bool> holds(journal::object_store& at, std::string_view name, const core::digest& sha256,
                            const std::filesystem::path& scratch) {
  const auto found = at.get_file(name, scratch);
  if (!found && (found.error().code == errc::not_found || found.error().code == errc::checksum_mismatch)) return false;
  if (!found) return found.error();
  if (auto removed = remove_durably(scratch); !removed) return std::move(removed).error();
  return *found == sha256;
}

error not_as_stored(const journal::object_store& to, std::string_view name) {
  return {errc::checksum_mismatch, fmt::format("{}: {} gives out other bytes than were stored", name, to.where()), {}};
}

}  // namespace

outcome put_confirmed(journal::object_store& to, std::string_view name, const std::filesystem::path& file,
                      const core::digest& sha256, const std::filesystem::path& scratch) {
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(file, unknown);
  if (unknown) return error{errc::store_failed, fmt::format("{}: {}", file.filename().string(), unknown.message()), {}};
  const auto there = to.list(name);
  if (!there) return there.error();
  if (!there->empty() && there->front() == journal::object_info{std::string{name}, bytes}) {
    const auto same = holds(to, name, sha256, scratch);
    if (!same) return same.error();
    if (*same) return core::done{};
  }
  if (auto put = to.put_file(name, file, sha256); !put) return put;
  const auto same = holds(to, name, sha256, scratch);
  if (!same) return same.error();
  return *same ? outcome{core::done{}} : outcome{not_as_stored(to, name)};
}

outcome put_confirmed(journal::object_store& to, std::string_view name, std::string_view text) {
  if (auto put = to.put(name, text); !put) return put;
  const auto back = to.get(name, text.size());
  if (!back && back.error().code != errc::too_large) return back.error();
  return back && *back == text ? outcome{core::done{}} : outcome{not_as_stored(to, name)};
}

}  // namespace logline::ndjson
