#include "adapters/ndjson/archive_unit.hpp"

#include "journal/described_json.hpp"

namespace logline::journal {

constexpr auto describe(core::type_tag<archived_shard>) {
  using core::field;
  using f = archived_shard;
  return core::description<f>("shard", "", field("name", &f::name), field("first_gseq", &f::first_gseq),
                              field("last_gseq", &f::last_gseq), field("first_at", &f::first_at),
                              field("last_at", &f::last_at), field("entities", &f::entities), field("bytes", &f::bytes),
                              field("sha256", &f::sha256), field("zst_sha256", &f::zst_sha256),
                              field("manifest_sha256", &f::manifest_sha256), field("index_sha256", &f::index_sha256));
}

constexpr auto describe(core::type_tag<archive_unit>) {
  using core::field;
  using f = archive_unit;
  constexpr std::size_t shards_max = 1'000'000;
  return core::description<f>("unit", "", field("logline_archive", &f::format), field("site", &f::site),
                              field("partition", &f::partition), field("first_gseq", &f::first_gseq),
                              field("last_gseq", &f::last_gseq), field("prev", &f::prev), field("hash", &f::hash),
                              field("at", &f::at), field("shards", &f::shards, {.size_max = shards_max}));
}

}  // namespace logline::journal

namespace logline::ndjson {

using journal::errc;
using journal::error;

std::string unit_text(const journal::archive_unit& unit) {
  return journal::to_json(unit) + '\n';
}

journal::result<journal::archive_unit> parse_unit(std::string_view text) {
  auto unit = journal::from_json<journal::archive_unit>(text, "unit");
  if (!unit) return unit;
  if (unit->format != journal::archive_unit{}.format)
    return error{errc::unknown_format, "a unit of a format that this version does not know", {}};
  auto next = unit->first_gseq;
  for (const auto& shard : unit->shards) {
    if (shard.first_gseq != next || shard.last_gseq < shard.first_gseq || next.value == 0)
      return error{errc::bad_encoding, "unit: its shards do not follow one another", next};
    next = core::next(shard.last_gseq);
  }
  if (next != core::next(unit->last_gseq)) return error{errc::bad_encoding, "unit: its shards do not make it up", next};
  return unit;
}

}  // namespace logline::ndjson
