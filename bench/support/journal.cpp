#include "bench/support/journal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "bench/support/options.hpp"
#include "bench/support/order_book.hpp"
#include "journal/checkpoint.hpp"

namespace logline::bench {

std::unique_ptr<journal::partition_log> open_journal(const std::filesystem::path& directory,
                                                     journal::open_report* report,
                                                     const journal::log_settings& settings) {
  auto key = journal::site_key::from_seed(std::string(32, 'b'));
  if (!key) give_up("site key: " + key.error().text());
  journal::partition_options options;
  options.log = settings;
  options.log.clock = actors::wall_clock;
  options.log.signer = std::make_shared<journal::checkpoint_signer>(
      journal::checkpoint_origin(options.log.site, options.log.partition), *std::move(key));
  options.directory = directory / "journal";
  auto log = journal::open_partition(std::move(options), report);
  if (!log) give_up("opening the journal: " + log.error().text());
  return *std::move(log);
}

append_source::append_source(const payloads& from, std::size_t entities, std::uint64_t seed)
    : payloads_(from), draws_(seed) {
  entities_.reserve(entities);
  for (std::size_t i = 0; i < entities; ++i)
    entities_.push_back({order_book_address(i), {}});
}

journal::append_request append_source::next() {
  return next(draws_.next() % entities_.size());
}

journal::append_request append_source::next(std::size_t entity) {
  known& to = entities_[entity];
  journal::append_request out;
  out.entity = to.address;
  out.expected = to.last;
  to.last = core::next(to.last);
  out.decided_at = actors::wall_clock();
  out.principal.value = "founder";
  const std::uint64_t a = draws_.next();
  out.command_id = core::make_uuid7(out.decided_at.us / 1'000, a, draws_.next());
  out.correlation_id = out.command_id;
  journal::event_draft event;
  event.event_id = out.command_id;
  event.event = core::codec<order_added>::about.name;
  event.payload = payloads_.msgpack(made_++);
  out.events.push_back(std::move(event));
  return out;
}

void fill(journal::partition_log& log, append_source& source, std::uint64_t records, std::size_t per_commit) {
  std::vector<journal::append_request> requests;
  for (std::uint64_t done = 0; done < records;) {
    requests.clear();
    for (; requests.size() < per_commit && done < records; ++done)
      requests.push_back(source.next());
    const auto written = log.append(requests);
    if (!written) give_up("appending: " + written.error().text());
    for (const auto& one : *written)
      if (!one) give_up("appending: " + one.error().text());
  }
}

}  // namespace logline::bench
