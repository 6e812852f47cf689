#include "cluster/config_rules.hpp"

namespace logline::cluster {

namespace {

std::string set_ledgers(node_config& config, const toml::node& value) {
  config.privacy.shred_ledgers.clear();
  const auto take = [&](const toml::node& one) {
    const auto place = one.value_exact<std::string>();
    if (!place || place->empty()) return false;
    config.privacy.shred_ledgers.emplace_back(*place);
    return true;
  };
  const auto* several = value.as_array();
  if (several == nullptr) return take(value) ? std::string{} : "must be a directory, or a list of them";
  for (const auto& one : *several)
    if (!take(one)) return "must be a list of directories";
  return {};
}

}  // namespace

std::vector<rule> privacy_rules() {
  return {
      rule{"privacy.accept_shred_gap", "start although the newest shred ledger is missing: erased data may come back",
           [](node_config& c, const toml::node& value) -> std::string {
             const auto b = value.value_exact<bool>();
             if (!b) return "must be true or false";
             c.privacy.accept_shred_gap = *b;
             return {};
           }},
      integer_at("privacy.cached_keys", "subjects' keys kept unwrapped in locked memory", 16, 1'000'000,
                 [](node_config& c, std::int64_t n) { c.privacy.cached_keys = static_cast<std::size_t>(n); }),
      text("privacy.key_copies", "directory for copies of the key store, apart from other backups; none if left out",
           [](node_config& c, const std::string& t) -> std::string {
             if (t.empty()) return "must be a directory";
             c.privacy.key_copies = t;
             return {};
           }),
      integer_at("privacy.key_copy_days", "days that copies of the key store are kept", 1, 30,
                 [](node_config& c, std::int64_t n) { c.privacy.key_copy_days = n; }),
      integer_at("privacy.key_copy_s", "seconds between copies of the key store", 1, 604'800,
                 [](node_config& c, std::int64_t n) { c.privacy.key_copy_s = n; }),
      rule{"privacy.shred_ledgers", "directories beside DATA/shreds where the list of erasures is kept, off the node",
           set_ledgers},
  };
}

}  // namespace logline::cluster
