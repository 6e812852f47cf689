#include "adapters/postgres/reader.hpp"

#include <array>

#include <fmt/format.h>

#include "journal/merkle.hpp"
#include "journal/record.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;

namespace {

constexpr std::int64_t rows_at_once = 2'000;  // of at most 1 MiB each

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t v = 0;
  for (const char c : bytes)
    v = v << 8 | static_cast<unsigned char>(c);
  return v;
}

std::string place_of(core::gseq position) {
  return fmt::format("journal_event gseq {}", position.value);
}

error at_place(error why, core::gseq position) {
  why.message = fmt::format("{}: {}", place_of(position), why.message);
  return why;
}

/// The row's record, when it is the one that follows.
journal::result<journal::parsed_line> proven(const rows& found, std::size_t row, core::gseq position,
                                             const core::digest& before) {
  const core::gseq there{from_big_endian(found.text(row, 0))};
  if (there != position)
    return error{errc::position_gap, fmt::format("{} stands where gseq {} should", place_of(there), position.value),
                 position};
  const auto bytes = found.text(row, 1);
  const auto hash = journal::chain_hash(before, journal::leaf_hash(bytes));
  if (hash.view() != found.text(row, 2))
    return at_place({errc::chain_broken, "its hash is not that of the record", position}, position);
  auto record = journal::decode_record(bytes);
  if (!record) return at_place(std::move(record).error(), position);
  if (record->position != position)
    return at_place({errc::position_gap, "holds another position's record", position}, position);
  return journal::parsed_line{*std::move(record), before, hash};
}

}  // namespace

journal::outcome read_records(const server_address& server, const std::string& schema, core::partition_id partition,
                              core::function_ref<bool(journal::parsed_line&& line, const std::string& place)> visit) {
  auto opened = connection::open(server, "logline reader");
  if (!opened) return std::move(opened).error();
  const auto begun = opened->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  if (!begun) return begun.error();
  journal::mirror_position at;
  for (;;) {
    const std::array<argument, 3> next{std::to_string(partition.value), std::to_string(at.position.value),
                                       std::to_string(rows_at_once)};
    const auto found = opened->run(
        fmt::format(
            "SELECT gseq, record, hash FROM {}.journal_event WHERE partition = $1::integer AND gseq > $2::bigint "
            "ORDER BY gseq LIMIT $3::bigint",
            connection::quoted(schema)),
        next, true);
    if (!found) return found.error();
    if (found->size() == 0) return core::done{};
    for (std::size_t row = 0; row < found->size(); ++row) {
      auto line = proven(*found, row, core::next(at.position), at.chain);
      if (!line) return std::move(line).error();
      at = {core::next(at.position), line->hash};
      if (!visit(*std::move(line), place_of(at.position))) return core::done{};
    }
  }
}

}  // namespace logline::postgres
