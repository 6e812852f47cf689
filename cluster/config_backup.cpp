#include "cluster/config_rules.hpp"
#include "cluster/stores.hpp"
#include "journal/settings.hpp"

namespace logline::cluster {

std::vector<rule> backup_rules() {
  return {
      text("backup.at", "when the daily backup is made, HH:MM in UTC",
           [](node_config& c, const std::string& t) { return set_time(c.backup.at, t); }),
      text("backup.dir", "where backups are kept; default: backups in the data directory",
           [](node_config& c, const std::string& t) -> std::string {
             if (t.empty()) return "must be a directory";
             c.backup.directory = t;
             return {};
           }),
      rule{"backup.enabled", "make a backup every day and probe one every week",
           [](node_config& c, const toml::node& value) -> std::string {
             const auto b = value.value_exact<bool>();
             if (!b) return "must be true or false";
             c.backup.enabled = *b;
             return {};
           }},
      integer_at("backup.keep_days", "days that every backup stays", 1, 36'500,
                 [](node_config& c, std::int64_t n) { c.backup.keep_days = static_cast<std::uint32_t>(n); }),
      integer_at("backup.keep_months", "months of which the first backup stays", 0, 1'200,
                 [](node_config& c, std::int64_t n) { c.backup.keep_months = static_cast<std::uint32_t>(n); }),
      text("backup.offsite",
           "ship records and copy backups there: dir:DIRECTORY or s3:https://HOST/BUCKET/PREFIX?region=R",
           [](node_config& c, const std::string& t) -> std::string {
             if (auto problem = check_store_url(t); !problem.empty()) return problem;
             c.backup.offsite_url = t;
             return {};
           }),
      text("backup.offsite_key", "file of the key that seals what goes there; not in the data directory",
           [](node_config& c, const std::string& t) -> std::string {
             c.backup.offsite_key = t;
             return {};
           }),
      text("backup.probe_at", "when on Sundays a backup is restored on trial, HH:MM in UTC",
           [](node_config& c, const std::string& t) { return set_time(c.backup.probe_at, t); }),
      integer_at("backup.rate_mb", "megabytes a second that a backup reads and writes; 0: as fast as it goes", 0,
                 100'000, [](node_config& c, std::int64_t n) { c.backup.rate_mb = static_cast<std::uint64_t>(n); }),
      integer_at("backup.ship_s", "seconds between two shipments of new records", 1, 86'400,
                 [](node_config& c, std::int64_t n) { c.backup.ship_s = n; }),
  };
}

}  // namespace logline::cluster
