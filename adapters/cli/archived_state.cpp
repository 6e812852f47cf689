#include "adapters/cli/archived_state.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "adapters/cli/record_options.hpp"
#include "domain/core/entity.hpp"
#include "domain/core/json.hpp"

namespace logline::cli {

namespace {

struct point {
  core::eseq sequence{std::numeric_limits<std::uint64_t>::max()};
  journal::record_filter filter;
};

std::optional<std::uint64_t> number_behind(const std::string& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  std::uint64_t n = 0;
  const auto* begin = text.data() + prefix.size();
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, n);
  return parsed.ec == std::errc{} && parsed.ptr == end ? std::optional{n} : std::nullopt;
}

core::result<point, trouble> read_point(const std::string& text) {
  point out;
  if (const auto n = number_behind(text, "eseq:")) {
    out.sequence.value = *n;
  } else if (const auto g = number_behind(text, "gseq:")) {
    out.filter.to.value = *g;
  } else {
    const auto time = read_time(text, "--as-of");
    if (!time) return time.error();
    if (*time) out.filter.until = **time + core::duration_us{1};
  }
  return out;
}

}  // namespace

core::result<std::string, trouble> archived_state(
    journal::record_archive& archive, const core::address& entity, const std::string& as_of,
    const std::function<const core::entity_type*(std::string_view)>& find_type) {
  const auto* type = find_type(entity.type);
  if (type == nullptr) return trouble{exit_usage, "no entity type \"" + entity.type + '"'};
  auto at = read_point(as_of);
  if (!at) return at.error();
  at->filter.tenant = entity.tenant;
  at->filter.type = entity.type;
  at->filter.key = entity.key;
  auto state = type->vacant();
  core::eseq sequence;
  core::gseq position;
  std::optional<std::string> problem;
  const auto read = archive.read(at->filter, [&](const core::record& r) {
    if (r.sequence > at->sequence) return false;
    if (r.sequence != core::next(sequence)) {
      problem = fmt::format("eseq {} follows {} at gseq {}", r.sequence.value, sequence.value, r.position.value);
      return false;
    }
    const auto applied = type->apply(state.get(), r.event, r.schema, r.payload, {r.sequence, r.decided_at});
    if (!applied) problem = applied.error().code + ": " + applied.error().message;
    sequence = r.sequence;
    position = r.position;
    return !problem;
  });
  if (!read)
    return trouble{read.error().code == journal::errc::store_failed ? exit_refused : exit_unverified,
                   read.error().text()};
  if (problem) return trouble{exit_unverified, *problem};
  if (sequence.value == 0) return trouble{exit_usage, "no such entity at that point in the archive"};
  std::string json = fmt::format(R"({{"eseq":{},"gseq":{},"state":)", sequence.value, position.value);
  core::json_sink to{json};
  type->encode_state(state.get(), to);
  return json + fmt::format(R"(,"hash":"{}"}})", type->state_hash(state.get()).hex());
}

}  // namespace logline::cli
