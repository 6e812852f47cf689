#include "cluster/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <sstream>
#include <variant>

#include <toml++/toml.h>

#include "cluster/config_rules.hpp"
#include "domain/core/address.hpp"
#include "journal/settings.hpp"

namespace logline::cluster {

namespace {

core::failure invalid(std::string message) {
  return {core::failure_kind::invalid_input, "CONFIG_INVALID", std::move(message)};
}

template <class Int>
rule integer(std::string_view name, std::string_view doc, Int node_config::*const target, std::int64_t min,
             std::int64_t max) {
  return {name, doc, [=](node_config& config, const toml::node& value) -> std::string {
            const auto n = value.value_exact<std::int64_t>();
            if (!n || *n < min || *n > max) return fmt::format("must be an integer from {} to {}", min, max);
            config.*target = static_cast<Int>(*n);
            return {};
          }};
}

rule flag(std::string_view name, std::string_view doc, bool node_config::*field) {
  return {name, doc, [field](node_config& c, const toml::node& v) -> std::string {
            const auto b = v.value_exact<bool>();
            if (!b) return "must be true or false";
            c.*field = *b;
            return {};
          }};
}

std::string set_listen(node_config& config, const std::string& value) {
  const std::size_t colon = value.rfind(':');
  if (colon == std::string::npos) return "must be HOST:PORT";
  const std::string host = value.substr(0, colon);
  unsigned port = 0;
  const auto parsed = std::from_chars(value.data() + colon + 1, value.data() + value.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != value.data() + value.size() || port > 65'535)
    return "must be HOST:PORT";
  if (!host.starts_with("127.") && host != "localhost" && host != "[::1]")
    return "must be a loopback address: clear-text HTTP is served nowhere else";
  config.http_host = host == "localhost" ? "127.0.0.1" : host == "[::1]" ? "::1" : host;
  config.http_port = static_cast<std::uint16_t>(port);
  return {};
}

std::vector<rule> ndjson_rules() {
  return {
      flag("ndjson.compress", "compress sealed shards by zstd", &node_config::ndjson_compress),
      text("ndjson.dir", "where the NDJSON mirror is kept; default: ndjson in the data directory",
           [](node_config& c, const std::string& t) -> std::string {
             if (t.empty()) return "must be a directory";
             c.ndjson_directory = t;
             return {};
           }),
      flag("ndjson.enabled", "keep an NDJSON mirror of the journal", &node_config::ndjson),
      integer("ndjson.shard_bytes", "bytes of a shard before the next begins", &node_config::ndjson_shard_bytes, 65'536,
              std::int64_t{1} << 40),
  };
}

std::vector<rule> node_rules() {
  constexpr std::int64_t big = std::numeric_limits<std::int32_t>::max();
  return {
      flag("engine.worker", "run the worker inside the node", &node_config::worker),
      integer_at("entities.idle_s", "seconds without a command after which an entity sleeps", 1, 86'400,
                 [](node_config& c, std::int64_t n) { c.actors.router.idle = core::seconds(n); }),
      integer_at("entities.resident_max", "entities kept in memory", 100, big,
                 [](node_config& c, std::int64_t n) { c.actors.router.resident_max = static_cast<std::size_t>(n); }),
      integer("gateway.connections_max", "HTTP connections at once", &node_config::http_connections_max, 1, 65'536),
      integer_at("gateway.in_flight_max", "commands taken and not answered", 1, big,
                 [](node_config& c, std::int64_t n) { c.actors.door.commands_max = static_cast<std::size_t>(n); }),
      text("gateway.listen", "HOST:PORT of the HTTP door; port 0 means any", set_listen),
      integer("gateway.max_body", "bytes of a request body", &node_config::http_body_max, 1'024,
              std::int64_t{64} << 20),
      integer_at("journal.bytes_in_flight", "bytes admitted and not durable; room for the largest command at least",
                 journal::batch_bytes_max, std::int64_t{4} << 30,
                 [](node_config& c, std::int64_t n) { c.admission.bytes_max = static_cast<std::size_t>(n); }),
      integer("journal.checkpoint_events", "records between signed checkpoints", &node_config::checkpoint_records, 1,
              big),
      integer("journal.checkpoint_s", "seconds between signed checkpoints", &node_config::checkpoint_s, 1, 86'400),
      integer("journal.compression_level", "zstd level of the log", &node_config::compression_level, -7, 19),
      integer("journal.disk_floor_bytes", "free bytes below which the node is read-only",
              &node_config::disk_floor_bytes, 0, std::int64_t{1} << 40),
      text("journal.durability",
           "local: acknowledged when it is on this disk; mirrored: when PostgreSQL has committed it, too",
           [](node_config& c, const std::string& t) -> std::string {
             if (t != "local" && t != "mirrored") return "must be local or mirrored";
             c.mirrored = t == "mirrored";
             return {};
           }),
      rule{"journal.disk_floor_percent", "free disk space below which the node is read-only",
           [](node_config& c, const toml::node& v) -> std::string {
             const auto n = v.value<double>();
             if (!n || *n < 0 || *n > 90) return "must be a number from 0 to 90";
             c.disk_floor_percent = *n;
             return {};
           }},
      integer_at("journal.records_in_flight", "records admitted and not durable; room for the largest command at least",
                 journal::batch_records_max, big,
                 [](node_config& c, std::int64_t n) { c.admission.records_max = static_cast<std::size_t>(n); }),
      text("log.level", "trace, debug, info, warn or error",
           [](node_config& c, const std::string& t) -> std::string {
             static constexpr std::array levels{"trace", "debug", "info", "warn", "error"};
             if (std::find(levels.begin(), levels.end(), t) == levels.end())
               return "must be trace, debug, info, warn or error";
             c.log_level = t;
             return {};
           }),
      integer("node.generation", "rises when the site is resurrected", &node_config::generation, 1, big),
      text("node.site", "name of the site; choose it once",
           [](node_config& c, const std::string& t) -> std::string {
             if (!core::is_name(t)) return "must be 1 to 64 characters of a-z 0-9 _ . -";
             c.site = t;
             return {};
           }),
      integer_at("snapshot.bytes", "bytes of events between snapshots of an entity", 1'024, big,
                 [](node_config& c, std::int64_t n) { c.actors.host.snapshot_bytes = static_cast<std::uint64_t>(n); }),
      integer_at("snapshot.every", "events between snapshots of an entity", 1, big,
                 [](node_config& c, std::int64_t n) { c.actors.host.snapshot_events = static_cast<std::uint64_t>(n); }),
  };
}

const std::vector<rule>& rules() {
  static const std::vector<rule> all = [] {
    auto joined = node_rules();
    for (auto& more : {ndjson_rules(), postgres_rules(), offsite_rules(), backup_rules(), privacy_rules()})
      joined.insert(joined.end(), more.begin(), more.end());
    std::sort(joined.begin(), joined.end(), [](const rule& a, const rule& b) { return a.name < b.name; });
    return joined;
  }();
  return all;
}

// Sets every key of the table; problems are collected so that one run names them all.
void apply(node_config& config, const toml::table& table, const std::string& prefix,
           std::vector<std::string>& problems) {
  for (const auto& [key, value] : table) {
    const std::string name = prefix.empty() ? std::string{key.str()} : fmt::format("{}.{}", prefix, key.str());
    if (prefix.empty() && name == "profile") continue;
    if (const auto* nested = value.as_table()) {
      apply(config, *nested, name, problems);
      continue;
    }
    const auto& all = rules();
    const auto found = std::find_if(all.begin(), all.end(), [&](const rule& r) { return r.name == name; });
    const auto line = value.source().begin.line;
    const std::string where = line == 0 ? name : fmt::format("line {}: {}", line, name);
    if (found == all.end())
      problems.push_back(where + " is no known key");
    else if (auto problem = found->set(config, value); !problem.empty())
      problems.push_back(where + ' ' + problem);
  }
}

core::outcome conclude(const std::string& source, const std::vector<std::string>& problems) {
  if (problems.empty()) return core::done{};
  std::string message = source;
  for (const auto& problem : problems)
    message += (message == source ? ": " : "; ") + problem;
  return invalid(std::move(message));
}

core::outcome apply_file(node_config& config, const std::filesystem::path& file, const std::string& profile) {
  toml::table table;
  try {
    table = toml::parse_file(file.string());
  } catch (const toml::parse_error& e) {
    if (!std::filesystem::exists(file))
      return core::failure{core::failure_kind::not_found, "CONFIG_MISSING", file.string() + ": config file missing"};
    return invalid(fmt::format("{}: line {}: {}", file.string(), e.source().begin.line, e.description()));
  }
  std::ostringstream kept;
  kept << table;
  config.file_text = kept.str();
  std::vector<std::string> problems;
  apply(config, table, {}, problems);
  if (!profile.empty()) {
    const auto* chosen = table["profile"][profile].as_table();
    if (chosen == nullptr)
      return core::failure{core::failure_kind::not_found, "CONFIG_MISSING",
                           fmt::format("{}: no table [profile.{}]", file.string(), profile)};
    apply(config, *chosen, {}, problems);
  }
  return conclude(file.string(), problems);
}

core::outcome apply_setting(node_config& config, const setting& s) {
  const auto& all = rules();
  const auto found = std::find_if(all.begin(), all.end(), [&](const rule& r) { return r.name == s.first; });
  if (found == all.end()) return invalid(fmt::format("--set {}: no known key", s.first));
  // A value that is no TOML literal is meant as text: --set node.site=lisbon.
  const auto as_is = toml::table{{"value", s.second}};
  toml::table parsed = as_is;
  try {
    parsed = toml::parse("value = " + s.second);
  } catch (const toml::parse_error&) {
    parsed = as_is;
  }
  const auto problem = found->set(config, *parsed.get("value"));
  return problem.empty() ? core::outcome{core::done{}} : invalid(fmt::format("--set {} {}", s.first, problem));
}

}  // namespace

core::result<node_config> load_config(const std::optional<std::filesystem::path>& file, const std::string& profile,
                                      const std::vector<setting>& settings) {
  node_config config;
  config.settings = settings;
  if (file) {
    if (auto applied = apply_file(config, *file, profile); !applied) return applied.error();
  } else if (!profile.empty()) {
    return invalid("--profile needs --config");
  }
  for (const auto& s : settings)
    if (auto applied = apply_setting(config, s); !applied) return applied.error();
  if (config.mirrored && config.postgres.url.empty())
    return invalid("journal.durability is mirrored, and pg.url names no server");
  return config;
}

std::vector<config_key> config_keys() {
  std::vector<config_key> out;
  for (const auto& r : rules())
    out.push_back({r.name, r.doc});
  return out;
}

}  // namespace logline::cluster
