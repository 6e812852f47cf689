#include "actors/fold_check.hpp"

#include "actors/directory_view.hpp"
#include "journal/errc.hpp"

namespace logline::actors {

namespace {

/// Folds the events twice, side by side, until the two states differ.
core::result<fold_finding> find_bad_event(const journal::partition_log& log, const core::entity_type& type,
                                          const core::address& entity, core::eseq to) {
  fold_finding out{entity, to, {}, {}, {}};
  const auto one = type.vacant();
  const auto other = type.vacant();
  core::outcome outcome = core::done{};
  auto read = log.read_entity(entity, core::eseq{1}, [&](const core::record& r) {
    if (r.sequence > to) return false;
    out.position = r.position;
    out.event = r.event;
    for (const auto* state : {&one, &other}) {
      auto applied = type.apply(state->get(), r.event, r.schema, r.payload, {r.sequence, r.decided_at});
      if (applied) continue;
      outcome = applied.error();
      return false;
    }
    if (type.state_hash(one.get()) == type.state_hash(other.get())) return true;
    out.first_bad = r.sequence;
    return false;
  });
  if (!read) return journal::to_failure(read.error());
  if (!outcome) return outcome.error();
  return out;
}

core::outcome check_one(const journal::partition_log& log, const type_finder& types, const live_reader& live,
                        const core::address& entity, fold_report& out) {
  const auto* type = types(entity.type);
  if (type == nullptr)
    return core::failure{core::failure_kind::not_found, "UNKNOWN_TYPE",
                         fmt::format("no entity type \"{}\"", entity.type)};
  auto seen = live(entity);
  if (!seen) return seen.error();
  auto folded = load_entity_as_of(log, *type, entity, seen->sequence);
  if (!folded) return folded.error();
  ++out.entities;
  if (type->state_hash(folded->state.get()) == seen->hash) return core::done{};
  ++out.differing;
  if (out.findings.size() == fold_report::findings_max) return core::done{};
  auto found = find_bad_event(log, *type, entity, seen->sequence);
  if (!found) return found.error();
  out.findings.push_back(*std::move(found));
  return core::done{};
}

}  // namespace

bool fold_sample::has(const core::address& entity) const {
  if (one_in <= 1) return true;
  const auto digest = core::sha256({entity.text(), std::string_view{"\0", 1}, std::to_string(turn)});
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < sizeof n; ++i)
    n = n << 8 | static_cast<unsigned char>(digest.octets[i]);
  return n % one_in == 0;
}

std::string fold_finding::text() const {
  if (first_bad)
    return fmt::format("{}: event {} at eseq {} (gseq {}) folds differently each time", entity.text(), event,
                       first_bad->value, position.value);
  return fmt::format("{}: the state in use at eseq {} (gseq {}, {}) is not that of its events", entity.text(),
                     sequence.value, position.value, event);
}

core::result<fold_report> check_folds(const journal::partition_log& log, const type_finder& types,
                                      const live_reader& live, const fold_sample& sample,
                                      const std::function<bool()>& stop) {
  fold_report out;
  std::string after;
  while (true) {
    auto page = directory_view::list(log, {}, {}, after, 1'000);
    if (!page) return page.error();
    if (page->empty()) return out;
    after = page->back().entity.text();
    for (const auto& entry : *page) {
      if (!sample.has(entry.entity)) continue;
      if (stop()) return out;
      if (auto done = check_one(log, types, live, entry.entity, out); !done) return done.error();
    }
  }
}

void tell_folds(const fold_report& report, const fold_sample& sample, alerts& to) {
  if (report.differing > 0)
    to.raise("FOLD_NONDETERMINISM",
             fmt::format("{} of {} entities; {}", report.differing, report.entities, report.findings.front().text()));
  else if (sample.one_in <= 1)
    to.clear("FOLD_NONDETERMINISM");
}

}  // namespace logline::actors
