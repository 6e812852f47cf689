#include "cluster/config_rules.hpp"
#include "cluster/stores.hpp"

namespace logline::cluster {

namespace {

std::string set_store(std::string& to, const std::string& url) {
  if (auto problem = check_store_url(url); !problem.empty()) return problem;
  to = url;
  return {};
}

}  // namespace

std::vector<rule> offsite_rules() {
  return {
      integer_at("archive.after_days", "days after which records are archived", 1, 36'500,
                 [](node_config& c, std::int64_t n) { c.offsite.archive_days = n; }),
      text("archive.url", "keep an archive there: dir:DIRECTORY or s3:https://HOST/BUCKET/PREFIX?region=R",
           [](node_config& c, const std::string& t) { return set_store(c.offsite.archive_url, t); }),
      integer_at("ndjson.keep_days", "days that shards stay once they are off-site; 0: for ever", 0, 36'500,
                 [](node_config& c, std::int64_t n) { c.offsite.keep_days = static_cast<std::uint32_t>(n); }),
      integer_at("ndjson.upload_s", "seconds between two looks for sealed shards to upload", 1, 86'400,
                 [](node_config& c, std::int64_t n) { c.offsite.upload_s = n; }),
      text("ndjson.upload_url", "upload sealed shards there: dir:DIRECTORY or s3:https://HOST/BUCKET/PREFIX?region=R",
           [](node_config& c, const std::string& t) { return set_store(c.offsite.upload_url, t); }),
      rule{"retention.drop", "take records out of the journal here once they are archived and their time is over",
           [](node_config& c, const toml::node& value) -> std::string {
             const auto b = value.value_exact<bool>();
             if (!b) return "must be true or false";
             c.offsite.drop = *b;
             return {};
           }},
  };
}

}  // namespace logline::cluster
