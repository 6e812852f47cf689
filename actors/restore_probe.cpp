#include "actors/restore_probe.hpp"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "journal/backup.hpp"
#include "journal/checkpoint.hpp"
#include "journal/open.hpp"
#include "journal/restore.hpp"

namespace logline::actors {

namespace fs = std::filesystem;

namespace {

using journal::errc;
using journal::error;

constexpr std::uint64_t sample_one_in = 100;
constexpr std::uint64_t sample_min = 20;

class probing {
 public:
  explicit probing(const restore_probe& probe) : probe_(probe) {}
  ~probing() {
    std::error_code ignored;  // the next probe clears it away
    fs::remove_all(probe_.scratch, ignored);
  }
  probing(const probing&) = delete;
  probing& operator=(const probing&) = delete;

  journal::result<probe_report> run() {
    auto backup = choose();
    if (!backup) return std::move(backup).error();
    report_.name = backup->name;
    const auto& says = backup->content.journals.front();
    std::error_code problem;
    fs::remove_all(probe_.scratch, problem);
    if (problem) return error{errc::store_failed, "clearing the scratch directory: " + problem.message(), {}};
    auto restored = journal::restore({.from = probe_.place,
                                      .target = probe_.scratch,
                                      .keys = probe_.keys,
                                      .to_position = says.gseq,
                                      .base = backup->name,
                                      .inspection = true,
                                      .partition = core::partition_id{says.partition},
                                      .clock = probe_.clock,
                                      .progress = probe_.progress});
    if (!restored) return std::move(restored).error();
    if (restored->head.chain != says.chain || restored->head.root != says.root)
      return error{errc::chain_broken, "what was restored is not what the manifest names", restored->head.position};
    report_.head = restored->head;
    if (auto compared = open_and_compare(says); !compared) return std::move(compared).error();
    if (auto marked = probe_.place.put(journal::verified_name(report_.name), core::to_rfc3339(probe_.clock())); !marked)
      return std::move(marked).error();
    return std::move(report_);
  }

 private:
  journal::result<journal::stored_backup> choose() {
    auto keys = journal::key_history::load(probe_.keys);
    if (!keys) return std::move(keys).error();
    std::string name = probe_.name;
    if (name.empty()) {
      auto names = journal::backup_names(probe_.place);
      if (!names) return std::move(names).error();
      if (names->empty())
        return error{errc::not_found, fmt::format("there is no backup in {}", probe_.place.where()), {}};
      name = names->back();
    }
    return journal::load_backup(probe_.place, name, *keys);
  }

  journal::outcome open_and_compare(const journal::manifest_journal& says) {
    journal::partition_options options;
    options.directory = (probe_.scratch / "journal").string();
    options.data_directory = probe_.scratch.string();
    options.log.partition = core::partition_id{says.partition};
    options.log.site = says.site;
    options.log.generation = says.generation;
    options.log.clock = probe_.clock;
    options.free_bytes_min = 0;
    options.free_fraction_min = 0;
    if (auto key = journal::site_key::load(probe_.keys); key)
      options.log.signer = std::make_shared<journal::checkpoint_signer>(
          journal::checkpoint_origin(says.site, options.log.partition), *std::move(key));
    const auto copy = journal::open_partition(std::move(options));
    if (!copy) return copy.error();
    if ((*copy)->head().chain != says.chain)
      return error{errc::chain_broken, "the copy opened at another head", (*copy)->head().position};
    std::set<core::address> all;
    auto read = (*copy)->read(core::gseq{1}, [&](const core::record& r) {
      all.insert(r.entity);
      return true;
    });
    if (!read) return std::move(read).error();
    report_.entities = all.size();
    std::uint64_t number = 0;
    for (const auto& entity : all) {
      if (number++ % sample_one_in != 0 && report_.sampled >= sample_min) continue;
      if (auto same = compare(**copy, entity, says.gseq); !same) return same;
      ++report_.sampled;
    }
    return core::done{};
  }

  journal::outcome compare(const journal::partition_log& copy, const core::address& entity, core::gseq at) const {
    const auto* type = probe_.types(entity.type);
    if (type == nullptr) return error{errc::unknown_format, fmt::format("no entity type \"{}\"", entity.type), {}};
    const auto there = load_entity_as_of(copy, *type, entity, at);
    if (!there) return error{errc::bad_encoding, there.error().code + ": " + there.error().message, at};
    if (probe_.live == nullptr) return core::done{};
    const auto here = load_entity_as_of(*probe_.live, *type, entity, at);
    if (!here) return error{errc::index_mismatch, entity.text() + " is not in the live journal", at};
    if (there->sequence != here->sequence ||
        type->state_hash(there->state.get()) != here->type->state_hash(here->state.get()))
      return error{errc::index_mismatch, entity.text() + " has another state in the live journal", at};
    return core::done{};
  }

  const restore_probe& probe_;
  probe_report report_;
};

}  // namespace

journal::result<probe_report> probe_backup(const restore_probe& probe) {
  return probing{probe}.run();
}

}  // namespace logline::actors
