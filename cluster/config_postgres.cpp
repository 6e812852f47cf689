#include "adapters/postgres/connection.hpp"
#include "cluster/config_rules.hpp"

namespace logline::cluster {

namespace {

std::string set_url(std::string& to, const std::string& url) {
  if (url.empty()) return to.clear(), std::string{};
  const auto sound = postgres::check_url(url);
  if (!sound) return sound.error().message;
  to = url;
  return {};
}

std::string set_schema(node_config& config, const std::string& name) {
  const bool plain = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!plain || name.empty() || name.size() > 40 || name.starts_with("pg_"))
    return "must be 1 to 40 characters of a-z 0-9 _";
  config.postgres.schema = name;
  return {};
}

rule truth(std::string_view name, std::string_view doc, bool postgres_config::*field) {
  return {name, doc, [field](node_config& c, const toml::node& value) -> std::string {
            const auto b = value.value_exact<bool>();
            if (!b) return "must be true or false";
            c.postgres.*field = *b;
            return {};
          }};
}

}  // namespace

std::vector<rule> postgres_rules() {
  return {
      text("mirror.verify_at", "when the mirrors are compared with the journal, HH:MM in UTC; on Sundays from gseq 1",
           [](node_config& c, const std::string& t) { return set_time(c.mirror_verify_at, t); }),
      integer_at("mirror.verify_s",
                 "compare the mirrors from gseq 1 every so many seconds instead; 0: at mirror.verify_at", 0, 31'536'000,
                 [](node_config& c, std::int64_t n) { c.mirror_verify_s = n; }),
      integer_at("pg.batch", "records in one transaction of the PostgreSQL mirror", 1, 1'000,
                 [](node_config& c, std::int64_t n) { c.postgres.batch = static_cast<std::size_t>(n); }),
      integer_at("pg.batch_ms", "milliseconds that records may wait for others of their transaction", 1, 60'000,
                 [](node_config& c, std::int64_t n) { c.postgres.batch_ms = n; }),
      truth("pg.inbox", "take commands from the inbox table", &postgres_config::inbox),
      truth("pg.migrate", "bring the database's schema up at the start, where the role may", &postgres_config::migrate),
      text("pg.password_file", "file with the password, readable by its owner only; default: ~/.pgpass or PGPASSWORD",
           [](node_config& c, const std::string& t) -> std::string {
             c.postgres.password_file = t;
             return {};
           }),
      text("pg.fence_cmd", "run by /bin/sh before the standby is promoted: keeps the old primary down",
           [](node_config& c, const std::string& t) {
             c.postgres.fence_cmd = t;
             return std::string{};
           }),
      integer_at("pg.probe_s", "seconds between looks at the PostgreSQL servers", 1, 3'600,
                 [](node_config& c, std::int64_t n) { c.postgres.probe_s = n; }),
      text("pg.promote_cmd", "run by /bin/sh to make the standby take writes; default: pg_promote()",
           [](node_config& c, const std::string& t) {
             c.postgres.promote_cmd = t;
             return std::string{};
           }),
      text("pg.replica_url", "the standby of pg.url, to turn to when that is down",
           [](node_config& c, const std::string& t) { return set_url(c.postgres.replica_url, t); }),
      text("pg.schema", "schema of the mirror's tables", set_schema),
      integer_at("pg.slow_ms", "a transaction of the mirror that takes longer is a line in the log", 1, 3'600'000,
                 [](node_config& c, std::int64_t n) { c.postgres.slow_ms = n; }),
      text("pg.url", "keep a PostgreSQL mirror there: postgresql://USER@HOST:PORT/DATABASE, without a password",
           [](node_config& c, const std::string& t) { return set_url(c.postgres.url, t); }),
  };
}

}  // namespace logline::cluster
