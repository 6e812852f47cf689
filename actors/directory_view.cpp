#include "actors/directory_view.hpp"

#include <utility>

#include "domain/core/described.hpp"
#include "journal/errc.hpp"

namespace logline::actors::directory_view {

namespace {

struct stored_row {
  std::uint64_t sequence = 0;
  std::uint64_t last = 0;
};
constexpr auto describe(core::type_tag<stored_row>) {
  return core::description<stored_row>("directory_row", "Where an entity stands.",
                                       core::field("e", &stored_row::sequence), core::field("g", &stored_row::last));
}

core::result<directory_entry> parse(std::string_view key, std::string_view value) {
  const std::size_t first = key.find('\0');
  const std::size_t second = key.find('\0', first + 1);
  if (second == std::string_view::npos)
    return core::failure{core::failure_kind::internal, "INTERNAL", "directory view holds a malformed key"};
  auto row = core::from_msgpack<stored_row>(value);
  if (!row) return row.error();
  return directory_entry{{std::string{key.substr(0, first)}, std::string{key.substr(first + 1, second - first - 1)},
                          std::string{key.substr(second + 1)}},
                         core::eseq{row->sequence},
                         core::gseq{row->last}};
}

}  // namespace

void make_key(std::string_view tenant, std::string_view type, std::string_view key, std::string& out) {
  out.clear();
  out.append(tenant).append(1, '\0').append(type).append(1, '\0').append(key);
}

journal::partition_log::view_row row(std::string row_key, core::eseq sequence, core::gseq last) {
  return {std::move(row_key), core::to_msgpack(stored_row{sequence.value, last.value})};
}

core::result<std::vector<directory_entry>> list(const journal::partition_log& log, std::string_view tenant,
                                                std::string_view type, std::string_view after, std::size_t limit) {
  std::string prefix;
  if (!tenant.empty()) {
    prefix.append(tenant).append(1, '\0');
    if (!type.empty()) prefix.append(type).append(1, '\0');
  }
  std::string after_key;
  if (!after.empty()) {
    auto address = core::parse_address(after);
    if (!address) return address.error();
    make_key(address->tenant, address->type, address->key, after_key);
  }
  std::vector<directory_entry> out;
  core::outcome outcome = core::done{};
  auto scanned = log.view_scan(name, prefix, after_key, [&](std::string_view key, std::string_view value) {
    auto entry = parse(key, value);
    if (!entry) {
      outcome = entry.error();
      return false;
    }
    if (type.empty() || entry->entity.type == type) out.push_back(*std::move(entry));
    return out.size() < limit;
  });
  if (!scanned) return journal::to_failure(scanned.error());
  if (!outcome) return outcome.error();
  return out;
}

}  // namespace logline::actors::directory_view
