#include "actors/directory_view.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "actors/live_view.hpp"
#include "domain/core/described.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::actors::directory_view {

namespace {

struct standing {
  core::eseq sequence;
  core::gseq last;
};

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

journal::result<projected> project(journal::partition_log& log, std::string_view view, core::gseq from,
                                   std::size_t most) {
  projected out{from, 0};
  std::unordered_map<std::string, standing> seen;
  std::string key;
  auto read = log.scan(from, [&](const journal::record_view& r) {
    make_key(r.tenant, r.type, r.key, key);
    seen[key] = {r.sequence, r.position};
    out.next = core::next(r.position);
    return ++out.records < most;
  });
  if (!read) return read.error();
  if (out.records == 0) return out;
  std::vector<journal::partition_log::view_row> rows;
  rows.reserve(seen.size());
  for (auto& [row_key, at] : seen)
    rows.push_back(row(row_key, at.sequence, at.last));
  // In key order, so that the store's insertions each start where the last one ended.
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  if (auto put = log.put_view(view, core::gseq{out.next.value - 1}, rows); !put) return put.error();
  return out;
}

journal::result<core::gseq> rebuild(journal::partition_log& log, const std::function<void(core::gseq)>& progress) {
  constexpr std::size_t records_per_turn = 16'384;
  auto old = live_view::of(log, name);
  if (!old) return old.error();
  const auto fresh = live_view::other_than(name, *old);
  if (auto dropped = log.drop_view(fresh); !dropped) return dropped.error();
  core::gseq next{1};
  while (next <= log.head().position) {
    auto turn = project(log, fresh, next, records_per_turn);
    if (!turn) return turn.error();
    next = turn->next;
    progress(core::gseq{next.value - 1});
  }
  const core::gseq built{next.value - 1};
  if (auto pointed = live_view::point_to(log, name, fresh, built); !pointed) return pointed.error();
  if (auto dropped = log.drop_view(*old); !dropped) return dropped.error();
  return built;
}

journal::result<core::gseq> cursor(const journal::partition_log& log) {
  auto read = live_view::read(log, name, [&](const std::string& view) { return log.view_cursor(view); });
  if (!read) return read.error();
  return *std::move(read);
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
  const auto take = [&](std::string_view key, std::string_view value) {
    auto entry = parse(key, value);
    if (!entry) {
      outcome = entry.error();
      return false;
    }
    if (type.empty() || entry->entity.type == type) out.push_back(*std::move(entry));
    return out.size() < limit;
  };
  auto read = live_view::read(log, name, [&](const std::string& view) {
    out.clear();
    outcome = core::done{};
    return log.view_scan(view, prefix, after_key, take);
  });
  if (!read) return journal::to_failure(read.error());
  if (!*read) return journal::to_failure(read->error());
  if (!outcome) return outcome.error();
  return out;
}

}  // namespace logline::actors::directory_view
