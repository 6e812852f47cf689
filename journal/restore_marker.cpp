#include "journal/restore_marker.hpp"

#include "journal/described_json.hpp"
#include "journal/directory_store.hpp"
#include "journal/file.hpp"

namespace logline::journal {

namespace {
constexpr std::string_view marker_name = "restored.json";
constexpr std::size_t marker_bytes_max = 4096;
}  // namespace

constexpr auto describe(core::type_tag<restore_marker>) {
  using core::field;
  using f = restore_marker;
  return core::description<f>("restored", "", field("generation", &f::generation), field("inspection", &f::inspection),
                              field("at", &f::at), field("backup", &f::backup), field("gseq", &f::gseq),
                              field("chain", &f::chain));
}

result<std::optional<restore_marker>> read_restore_marker(const std::filesystem::path& data) {
  auto place = directory_store::open_existing(data);
  if (!place && place.error().code == errc::not_found) return std::optional<restore_marker>{};
  if (!place) return std::move(place).error();
  const auto text = (*place)->get(marker_name, marker_bytes_max);
  if (!text && text.error().code == errc::not_found) return std::optional<restore_marker>{};
  if (!text) return text.error();
  auto marker = from_json<restore_marker>(*text, marker_name);
  if (!marker) return std::move(marker).error();
  return std::optional{*std::move(marker)};
}

outcome write_restore_marker(const std::filesystem::path& data, const restore_marker& marker) {
  return replace_durably(data / marker_name, to_json(marker) + '\n');
}

}  // namespace logline::journal
