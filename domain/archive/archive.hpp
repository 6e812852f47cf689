#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/entity.hpp"

namespace logline::archive {

/// `system/archive/<partition>`: the ranges of a partition's journal that are in its archive (journal ARC-02). The node
/// does the work and records it here.

struct request_run {
  std::optional<core::gseq> to_gseq;
  std::string reason;
};
struct record_unit {
  core::gseq first_gseq;
  core::gseq last_gseq;
  core::digest hash;
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;
  std::string place;
};
struct finish_run {};
struct fail_run {
  std::string why;
};
struct record_check {
  core::gseq first_gseq;
  std::optional<std::string> damage;
};

struct archive_requested {
  std::optional<core::gseq> to_gseq;
  std::string reason;
  std::string by;
};
struct range_archived {
  core::gseq first_gseq;
  core::gseq last_gseq;
  core::digest hash;
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;
  std::string place;
};
struct archive_finished {};
struct archive_failed {
  std::string why;
};
struct unit_checked {
  core::gseq first_gseq;
};
struct unit_damaged {
  core::gseq first_gseq;
  std::string damage;
};

struct archived_range {
  core::gseq first_gseq;
  core::gseq last_gseq;
  core::digest hash;
  std::uint64_t shards = 0;
  std::uint64_t bytes = 0;
  std::string place;
  core::timestamp archived;
  core::timestamp checked;            ///< proven by a copy that was fetched; at first when it was stored
  std::optional<std::string> damage;  ///< what the last check found
};
struct wanted_run {
  std::optional<core::gseq> to_gseq;  ///< nothing: what has its time behind it
  core::timestamp since;
};
struct partition_archive {
  core::gseq archived_to;
  std::vector<archived_range> ranges;
  std::optional<wanted_run> wanted;
  std::optional<std::string> failure;  ///< of the last run
};

constexpr auto describe(core::type_tag<request_run>) {
  using core::field;
  return core::description<request_run>(
      "run", "Asks the node to archive now.",
      field("to_gseq", &request_run::to_gseq, {.doc = "up to this record; else what has its time behind it"}),
      field("reason", &request_run::reason, {.doc = "why; kept in the history", .optional = true, .size_max = 512}));
}
constexpr auto describe(core::type_tag<record_unit>) {
  using core::field;
  return core::description<record_unit>(
      "record_unit", "Notes a range that is in the archive, read back from there.",
      field("first_gseq", &record_unit::first_gseq), field("last_gseq", &record_unit::last_gseq),
      field("hash", &record_unit::hash, {.doc = "chain hash behind last_gseq"}), field("shards", &record_unit::shards),
      field("bytes", &record_unit::bytes), field("place", &record_unit::place, {.size_max = 1'024}));
}
constexpr auto describe(core::type_tag<finish_run>) {
  return core::description<finish_run>("finish_run", "Notes that the run that was wanted is done.");
}
constexpr auto describe(core::type_tag<fail_run>) {
  return core::description<fail_run>("fail_run", "Notes why a run did not succeed.",
                                     core::field("why", &fail_run::why, {.size_min = 1, .size_max = 4'096}));
}
constexpr auto describe(core::type_tag<record_check>) {
  using core::field;
  return core::description<record_check>(
      "record_check", "Notes that a range was fetched from the archive and proven, or what was wrong with it.",
      field("first_gseq", &record_check::first_gseq),
      field("damage", &record_check::damage, {.doc = "nothing: it is sound", .size_max = 4'096}));
}
constexpr auto describe(core::type_tag<archive_requested>) {
  using e = archive_requested;
  return core::description<e>("archive_requested", "A run was asked for.", core::field("to_gseq", &e::to_gseq),
                              core::field("reason", &e::reason), core::field("by", &e::by));
}
constexpr auto describe(core::type_tag<range_archived>) {
  using core::field;
  using e = range_archived;
  return core::description<e>("range_archived", "A range of the journal is in the archive, proven there.",
                              field("first_gseq", &e::first_gseq), field("last_gseq", &e::last_gseq),
                              field("hash", &e::hash), field("shards", &e::shards), field("bytes", &e::bytes),
                              field("place", &e::place));
}
constexpr auto describe(core::type_tag<archive_finished>) {
  return core::description<archive_finished>("archive_finished", "The run that was wanted is done.");
}
constexpr auto describe(core::type_tag<archive_failed>) {
  return core::description<archive_failed>("archive_failed", "A run did not succeed.",
                                           core::field("why", &archive_failed::why));
}
constexpr auto describe(core::type_tag<unit_checked>) {
  return core::description<unit_checked>("unit_checked", "A range was fetched and proven.",
                                         core::field("first_gseq", &unit_checked::first_gseq));
}
constexpr auto describe(core::type_tag<unit_damaged>) {
  return core::description<unit_damaged>("unit_damaged", "A range is damaged or gone in the archive.",
                                         core::field("first_gseq", &unit_damaged::first_gseq),
                                         core::field("damage", &unit_damaged::damage));
}
constexpr auto describe(core::type_tag<archived_range>) {
  using core::field;
  using s = archived_range;
  return core::description<s>("archived_range", "A range in the archive.", field("first_gseq", &s::first_gseq),
                              field("last_gseq", &s::last_gseq), field("hash", &s::hash), field("shards", &s::shards),
                              field("bytes", &s::bytes), field("place", &s::place), field("archived", &s::archived),
                              field("checked", &s::checked), field("damage", &s::damage));
}
constexpr auto describe(core::type_tag<wanted_run>) {
  using s = wanted_run;
  return core::description<s>("wanted_run", "A run that was asked for.", core::field("to_gseq", &s::to_gseq),
                              core::field("since", &s::since));
}
constexpr auto describe(core::type_tag<partition_archive>) {
  using core::field;
  using s = partition_archive;
  constexpr std::size_t ranges_max = 1'000'000;
  return core::description<s>("archive", "What of a partition is archived.", field("archived_to", &s::archived_to),
                              field("ranges", &s::ranges, {.size_max = ranges_max}), field("wanted", &s::wanted),
                              field("failure", &s::failure));
}

core::decision decide(const partition_archive& state, const request_run& command, const core::context& ctx);
core::decision decide(const partition_archive& state, const record_unit& command, const core::context& ctx);
core::decision decide(const partition_archive& state, const finish_run& command, const core::context& ctx);
core::decision decide(const partition_archive& state, const fail_run& command, const core::context& ctx);
core::decision decide(const partition_archive& state, const record_check& command, const core::context& ctx);
void evolve(partition_archive& state, const archive_requested& event, const core::record_meta& meta);
void evolve(partition_archive& state, const range_archived& event, const core::record_meta& meta);
void evolve(partition_archive& state, const archive_finished& event);
void evolve(partition_archive& state, const archive_failed& event);
void evolve(partition_archive& state, const unit_checked& event, const core::record_meta& meta);
void evolve(partition_archive& state, const unit_damaged& event, const core::record_meta& meta);

/// The range that is to be fetched and proven next: the one whose check is the longest ago, until in this calendar
/// month (UTC) a twentieth of all ranges, rounded up, have been checked; null then. So each is checked within 20 months
/// (ARC-05).
const archived_range* check_due(const partition_archive& state, core::timestamp now);

struct archive_definition {
  static constexpr std::string_view name = "archive";
  static constexpr std::string_view doc = "The ranges of a partition's journal that are in its archive.";
  static constexpr std::uint32_t fold_version = 1;
  using state = partition_archive;
  using commands = core::type_list<request_run, record_unit, finish_run, fail_run, record_check>;
  using events =
      core::type_list<archive_requested, range_archived, archive_finished, archive_failed, unit_checked, unit_damaged>;
};

const core::entity_type& archive_type();

}  // namespace logline::archive
