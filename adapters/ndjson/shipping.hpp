#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/ndjson/line_key.hpp"
#include "adapters/ndjson/meta.hpp"
#include "adapters/ndjson/shard_name.hpp"
#include "domain/core/time.hpp"
#include "journal/keys.hpp"
#include "journal/object_store.hpp"

namespace logline::ndjson {

/// "audit/2026/03/29/part-rio-00003-0.ndjson": where the shard is kept off-site, without .zst and .manifest (NDJ-13).
std::string object_name(const shard_name& name, std::string_view site, std::uint16_t partition);

struct shipping_options {
  std::filesystem::path directory;  ///< a mirror's; its writer may be at work meanwhile
  std::vector<line_key> keys;
  std::optional<journal::site_public_key> vouched_by;
  bool wait_for_packed = false;  ///< sealed shards are compressed before long: they are sent as that
  std::uint32_t keep_days = 0;   ///< a shard goes that many days after its day (NDJ-09); 0: stays
};

struct shipping_report {
  std::uint64_t sealed = 0;     ///< shards there are
  std::uint64_t confirmed = 0;  ///< of these off-site, this time or before
  std::uint64_t sent = 0;       ///< this time
  std::uint64_t removed = 0;    ///< from the directory
  core::gseq confirmed_to;      ///< everything in the directory up to here is off-site; 0: nothing
};

/// Brings sealed shards of a mirror off-site, the oldest first, and takes old ones away here once they are confirmed
/// there. A shard is confirmed when the place has given out the very bytes of it and its manifest; a file
/// <shard>.shipped remembers that of this place. Whatever is cut off is taken up by the next run. By one thread.
class shipping {
 public:
  shipping(shipping_options settings, std::unique_ptr<journal::object_store> to)
      : settings_(std::move(settings)), to_(std::move(to)) {}

  /// Sends what is not confirmed, then removes what is old at `now`; stops between shards when `stop` says so. Errors:
  /// conflict, where another log's shard is kept under that name; damage of a manifest; those of the store and files.
  journal::result<shipping_report> run(core::timestamp now, const std::function<bool()>& stop);

 private:
  journal::result<bool> is_confirmed(const shard_files& files) const;
  journal::outcome send(const shard_files& files);
  journal::outcome check_unclaimed(const shard_manifest& mine, const std::string& name);
  journal::outcome remove_old(const std::vector<shard_files>& confirmed, core::timestamp now, shipping_report& report);
  journal::outcome still_there(const shard_files& files);
  std::string mark_of(const std::string& manifest) const;
  std::filesystem::path path_of(const shard_name& name) const { return settings_.directory / name.text(); }

  const shipping_options settings_;
  const std::unique_ptr<journal::object_store> to_;
};

}  // namespace logline::ndjson
