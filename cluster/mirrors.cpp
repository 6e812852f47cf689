#include "cluster/mirrors.hpp"

#include <openssl/rand.h>

#include <utility>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "adapters/ndjson/mirror.hpp"
#include "adapters/ndjson/reader.hpp"
#include "cluster/line_keys.hpp"
#include "cluster/postgres.hpp"
#include "domain/catalogue.hpp"
#include "domain/core/invariant.hpp"
#include "journal/key_file.hpp"

namespace logline::cluster {

namespace {

constexpr std::string_view line_key_name = "ndjson.key";
constexpr int zstd_level = 3;

journal::result<std::string> load_or_create_line_secret(const std::filesystem::path& keys) {
  auto kept = journal::read_key_file(keys, line_key_name, journal::key_access::private_);
  if (kept || kept.error().code != journal::errc::not_found) return kept;
  std::string secret(32, '\0');
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size()));
  LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
  if (auto made = journal::create_key_file(keys, line_key_name, secret, journal::key_access::private_); !made)
    return std::move(made).error();
  return secret;
}

journal::result<actors::mirror_part> make_ndjson(const node_config& config, const journal::site_key& site_key) {
  auto secret = load_or_create_line_secret(config.data / "keys");
  if (!secret) return std::move(secret).error();
  auto key = ndjson::line_key::from_raw(*secret);
  journal::wipe(*secret);
  if (!key) return std::move(key).error();
  ndjson::options options;
  options.directory = ndjson_directory(config);
  options.site = config.site;
  options.shard_bytes = config.ndjson_shard_bytes;
  options.key = *std::move(key);
  options.site_key = site_key;
  options.zstd_level = config.ndjson_compress ? zstd_level : 0;
  options.types = event_schemas();
  options.clock = actors::wall_clock;
  actors::mirror_part part;
  part.name = "ndjson";
  part.target = std::make_shared<ndjson::mirror>(std::move(options));
  return part;
}

}  // namespace

std::map<std::string, std::uint64_t> event_schemas() {
  std::map<std::string, std::uint64_t> out;
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events())
      out[std::string{event.name}] = event.version;
  return out;
}

std::filesystem::path ndjson_directory(const node_config& config) {
  return config.ndjson_directory.empty() ? config.data / "ndjson" : config.ndjson_directory;
}

journal::result<mirror_set> make_mirrors(const node_config& config, const journal::site_key& site_key,
                                         const std::shared_ptr<actors::alerts>& alerts,
                                         std::function<actors::door*()> door) {
  mirror_set out;
  if (config.ndjson) {
    auto ndjson = make_ndjson(config, site_key);
    if (!ndjson) return std::move(ndjson).error();
    out.mirrors.push_back(*std::move(ndjson));
  }
  if (!config.postgres.url.empty()) {
    auto postgres = make_postgres(config, alerts, std::move(door));
    if (!postgres) return std::move(postgres).error();
    out.mirrors.push_back(std::move(postgres->mirror));
    out.duties = std::move(postgres->duties);
  }
  return out;
}

journal::result<ndjson::line_key> load_line_key(const std::filesystem::path& keys) {
  auto secret = journal::read_key_file(keys, line_key_name, journal::key_access::private_);
  if (!secret && secret.error().code == journal::errc::not_found)
    return journal::error{journal::errc::key_missing, "there is no keys/ndjson.key; name its folder by --keys", {}};
  if (!secret) return std::move(secret).error();
  auto key = ndjson::line_key::from_raw(*secret);
  journal::wipe(*secret);
  return key;
}

journal::result<std::unique_ptr<journal::mirror_target>> make_ndjson_copy(const std::filesystem::path& directory,
                                                                          const std::filesystem::path& keys,
                                                                          const std::string& site,
                                                                          core::partition_id partition,
                                                                          const journal::mirror_position& begin) {
  auto key = load_line_key(keys);
  if (!key) return std::move(key).error();
  auto site_key = journal::site_key::load(keys);
  if (!site_key) return std::move(site_key).error();
  ndjson::options options;
  options.directory = directory;
  options.site = site;
  options.partition = partition;
  options.key = *std::move(key);
  options.site_key = *std::move(site_key);
  options.zstd_level = zstd_level;
  options.types = event_schemas();
  options.clock = [] { return core::latest; };  // whatever its day, the last shard is over
  options.begin.at = begin;
  return std::unique_ptr<journal::mirror_target>{std::make_unique<ndjson::mirror>(std::move(options))};
}

journal::outcome read_ndjson(const std::filesystem::path& directory, const std::filesystem::path& keys,
                             core::function_ref<bool(journal::parsed_line&&, const std::string& place)> visit) {
  auto key = load_line_key(keys);
  if (!key) return std::move(key).error();
  auto site = journal::site_public_key::load(keys);
  if (!site) return std::move(site).error();
  ndjson::reader copy{directory, {*std::move(key)}, *site};
  return copy.read([&](const journal::parsed_line& line, const ndjson::line_place& place) {
    return visit(journal::parsed_line{line}, fmt::format("{} line {}", place.file, place.line));
  });
}

}  // namespace logline::cluster
