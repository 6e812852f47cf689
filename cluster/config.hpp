#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/limits.hpp"
#include "domain/core/result.hpp"
#include "journal/committer.hpp"

namespace logline::cluster {

/// The PostgreSQL mirror (journal §3).
struct postgres_config {
  std::string url;                      ///< without a password; empty: there is no such mirror
  std::filesystem::path password_file;  ///< 0600; empty: ~/.pgpass or PGPASSWORD
  std::string schema = "ledger";
  bool migrate = true;
  std::size_t batch = 1'000;
  std::int64_t batch_ms = 50;
  std::int64_t slow_ms = 200;
  std::string replica_url;  ///< a standby to turn to when the first server is down (journal §11.1); may be empty
  std::string promote_cmd;  ///< makes it take writes; empty: pg_promote()
  std::string fence_cmd;    ///< keeps the old primary down; may be empty
  std::int64_t probe_s = 15;
  bool inbox = true;
};

/// What of the NDJSON mirror and of the journal's past is kept elsewhere (journal §4, §8). Places as open_store() reads
/// them (cluster/stores.hpp).
struct offsite_config {
  std::string upload_url;           ///< where sealed shards go; empty: nowhere
  std::int64_t upload_s = 60;       ///< from one look to the next
  std::uint32_t keep_days = 30;     ///< of shards here, once they are there; 0: for ever
  std::string archive_url;          ///< where the archive is; empty: there is none
  std::int64_t archive_days = 365;  ///< records older than that are archived
  bool drop = false;                ///< from the journal here, once archived and its time is over
};

/// A time of the day, UTC.
struct clock_time {
  int hour = 0;
  int minute = 0;
};

/// Backups, and what leaves the site for them (journal §9).
struct backup_config {
  bool enabled = true;              ///< by the calendar; what is asked for is done either way
  std::filesystem::path directory;  ///< empty: DATA/backups
  clock_time at{2, 15};
  clock_time probe_at{3, 30};  ///< on Sundays
  std::uint64_t rate_mb = 100;
  std::uint32_t keep_days = 30;
  std::uint32_t keep_months = 12;
  std::string offsite_url;            ///< empty: nothing is shipped
  std::filesystem::path offsite_key;  ///< needed with offsite_url
  std::int64_t ship_s = 5;
};

/// The subjects' keys (engine §9).
struct privacy_config {
  std::vector<std::filesystem::path> shred_ledgers;  ///< places beside DATA/shreds
  bool accept_shred_gap = false;
  std::size_t cached_keys = 1'024;
  std::filesystem::path key_copies;  ///< where copies of the key store go; empty: nowhere
  std::int64_t key_copy_s = 86'400;
  std::int64_t key_copy_days = 30;  ///< GDP-06: no longer
};

/// Everything a node can be told, with the defaults it runs with when it is told nothing.
struct node_config {
  std::filesystem::path data = "data";
  std::string site = "local";    ///< a name; part of every dot and checkpoint, so choose it once
  std::uint32_t generation = 1;  ///< rises when the site is resurrected (journal §15)

  std::string http_host = "127.0.0.1";  ///< clear text: loopback addresses only
  std::uint16_t http_port = 8080;       ///< 0: any free port
  std::size_t http_connections_max = 1'024;
  std::size_t http_body_max = std::size_t{1} << 20;

  journal::admission_limits admission;
  double disk_floor_percent = 5.0;  ///< free space below which the node is read-only (JRN-11) …
  std::uint64_t disk_floor_bytes = std::uint64_t{256} << 20;  ///< … whichever is more
  std::uint64_t checkpoint_records = 10'000;
  std::int64_t checkpoint_s = 60;
  int compression_level = 1;
  bool mirrored = false;  ///< durability: nothing is acknowledged before PostgreSQL has it, too (cluster CLU-11)

  bool ndjson = true;                      ///< keep an NDJSON mirror …
  std::filesystem::path ndjson_directory;  ///< … here; empty: DATA/ndjson
  std::uint64_t ndjson_shard_bytes = 50'000'000;
  bool ndjson_compress = true;  ///< sealed shards, by zstd

  postgres_config postgres;
  privacy_config privacy;
  clock_time mirror_verify_at{3, 10};  ///< MIR-05 …
  std::int64_t mirror_verify_s = 0;    ///< … or so often, everything; 0: at that time

  offsite_config offsite;

  backup_config backup;

  std::string file_text;                                      ///< of the configuration file, if there was one …
  std::vector<std::pair<std::string, std::string>> settings;  ///< … and what was said over it: kept with backups

  bool replay = false;  ///< the directory holds a replay: nothing has effects (cluster/replayed.hpp)

  actors::node_limits actors;
  bool worker = true;  ///< run the in-process worker
  std::string log_level = "info";
};

/// "key=value" from the command line.
using setting = std::pair<std::string, std::string>;

/// Built-in values, then the file's top level, then its [profile.NAME] table, then `settings`. Each mistake is named
/// with file, line and key; an unknown key is a mistake. Code CONFIG_INVALID, or CONFIG_MISSING when the file or the
/// profile is not there.
core::result<node_config> load_config(const std::optional<std::filesystem::path>& file, const std::string& profile,
                                      const std::vector<setting>& settings);

struct config_key {
  std::string_view name;
  std::string_view doc;
};
/// Every key there is, in order of name.
std::vector<config_key> config_keys();

}  // namespace logline::cluster
