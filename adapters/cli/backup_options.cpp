#include "adapters/cli/backup_options.hpp"

#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "domain/core/json.hpp"
#include "journal/sealed_store.hpp"

namespace logline::cli {

namespace fs = std::filesystem;

fs::path data_folder(const invocation& run) {
  return run.given.data.empty() ? "data" : run.given.data;
}

fs::path keys_folder(const invocation& run, const backup_options& o) {
  return o.keys.empty() ? data_folder(run) / "keys" : fs::path{o.keys};
}

void add_key_options(CLI::App& command, backup_options& o) {
  command.add_option("--keys", o.keys, "Keys that signatures are checked with (default: DATA/keys)")->type_name("DIR");
  command.add_option("--seal-key", o.seal_key, "The place is encrypted under this key")->type_name("FILE");
}

std::string json_string(std::string_view text) {
  std::string out;
  core::append_json_text(out, text);
  return out;
}

trouble backup_trouble(const journal::error& e) {
  using journal::errc;
  switch (e.code) {
    case errc::store_failed:
    case errc::store_locked:
    case errc::conflict:
    case errc::disk_full:
    case errc::archived:
    case errc::key_missing:
    case errc::stopped:
    case errc::overloaded:
      return {exit_refused, e.text()};
    case errc::not_found:
      return {e.message.starts_with("RANGE_UNAVAILABLE") ? exit_refused : exit_usage, e.text()};
    default:
      return {exit_unverified, e.text()};
  }
}

std::unique_ptr<journal::object_store> open_place(const backup_options& o, bool make, invocation& run) {
  const std::string place = o.place.empty() ? (data_folder(run) / "backups").string() : o.place;
  std::string_view directory = place;
  if (directory.starts_with("dir:")) directory.remove_prefix(4);
  std::error_code unknown;
  if (!make && !place.starts_with("s3:") && !fs::is_directory(fs::path{directory}, unknown)) {
    run.fail({exit_usage, fmt::format("there is no directory {}", directory)});
    return nullptr;
  }
  auto store = run.env.open_store(place, keys_folder(run, o));
  if (!store) return run.fail(backup_trouble(store.error())), nullptr;
  if (o.seal_key.empty()) return *std::move(store);
  auto key = journal::sealing_key::load(o.seal_key);
  if (!key) return run.fail(backup_trouble(key.error())), nullptr;
  return std::make_unique<journal::sealed_store>(*std::move(store), *std::move(key), fs::temp_directory_path(unknown));
}

}  // namespace logline::cli
