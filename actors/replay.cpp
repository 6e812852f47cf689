#include "actors/replay.hpp"

#include <algorithm>
#include <unordered_map>

#include "journal/errc.hpp"

namespace logline::actors {

namespace {

core::failure unknown_type(std::string_view type) {
  return {core::failure_kind::not_found, "UNKNOWN_TYPE", fmt::format("no entity type \"{}\"", type.substr(0, 64))};
}

// Folds one record; the sequence must follow, whatever the log promised: a gap here would be a silent loss.
core::outcome fold(folded_entity& into, const core::record& r) {
  if (r.sequence != core::next(into.sequence))
    return core::failure{core::failure_kind::internal, "JOURNAL_CORRUPT",
                         fmt::format("entity {} has eseq {} after {} at gseq {}; inspect with `logline journal verify`",
                                     r.entity.text(), r.sequence.value, into.sequence.value, r.position.value)};
  auto applied = into.type->apply(into.state.get(), r.event, r.schema, r.payload, {r.sequence, r.decided_at});
  if (!applied) {
    auto why = std::move(applied).error();
    why.message += fmt::format(" (entity {}, gseq {})", r.entity.text(), r.position.value);
    return why;
  }
  if (*applied == core::applied::skipped_retired) ++into.skipped;
  into.sequence = r.sequence;
  into.last = r.position;
  into.bytes += r.payload.size();
  ++into.folded;
  return core::done{};
}

folded_entity vacant(const core::entity_type& type) {
  folded_entity out;
  out.type = &type;
  out.state = type.vacant();
  return out;
}

// A snapshot is a cache: whatever is odd about it, the events decide.
std::optional<folded_entity> from_snapshot(const journal::partition_log& log, const core::entity_type& type,
                                           const core::address& entity) {
  auto found = log.find_snapshot(entity);
  if (!found || !found->has_value()) return std::nullopt;
  const auto& snapshot = **found;
  if (snapshot.fold_version != type.fold_version()) return std::nullopt;
  auto last = log.last_sequence(entity);
  if (!last || snapshot.sequence > *last) return std::nullopt;
  auto state = type.decode_state(snapshot.state);
  if (!state || type.state_hash(state->get()) != snapshot.state_hash) return std::nullopt;
  folded_entity out = vacant(type);
  out.state = *std::move(state);
  out.sequence = snapshot.sequence;
  out.last = snapshot.position;
  out.snapshot_bytes = snapshot.state.size();
  return out;
}

core::outcome fold_from(const journal::partition_log& log, const core::address& entity, folded_entity& into,
                        const std::function<bool(const core::record&)>& wanted) {
  core::outcome outcome = core::done{};
  auto read = log.read_entity(entity, core::next(into.sequence), [&](const core::record& r) {
    if (!wanted(r)) return false;
    outcome = fold(into, r);
    return outcome.has_value();
  });
  if (!read) return journal::to_failure(read.error());
  return outcome;
}

}  // namespace

core::result<folded_entity> load_entity(const journal::partition_log& log, const core::entity_type& type,
                                        const core::address& entity) {
  const auto all = [](const core::record&) { return true; };
  if (auto warm = from_snapshot(log, type, entity)) {
    if (fold_from(log, entity, *warm, all)) return *std::move(warm);
  }
  folded_entity cold = vacant(type);
  if (auto folded = fold_from(log, entity, cold, all); !folded) return folded.error();
  return cold;
}

core::result<folded_entity> load_entity_as_of(const journal::partition_log& log, const core::entity_type& type,
                                              const core::address& entity, const as_of& when) {
  const auto wanted = [&](const core::record& r) {
    if (const auto* s = std::get_if<core::eseq>(&when)) return r.sequence <= *s;
    if (const auto* g = std::get_if<core::gseq>(&when)) return r.position <= *g;
    if (const auto* t = std::get_if<core::timestamp>(&when)) return r.at <= *t;
    return true;
  };
  folded_entity out = vacant(type);
  if (auto folded = fold_from(log, entity, out, wanted); !folded) return folded.error();
  if (out.sequence.value == 0) return core::not_found("no such entity at that point");
  return out;
}

void digest_builder::add(const core::address& entity, core::eseq sequence, const core::digest& state_hash) {
  lines_ += fmt::format("{} {} {}\n", entity.text(), sequence.value, state_hash.hex());
  ++entities_;
}

state_digest digest_builder::finish(core::gseq position) const {
  return {position, entities_, core::sha256(lines_)};
}

core::result<std::map<core::address, folded_entity>> replay_all(const journal::partition_log& log,
                                                                const type_finder& types,
                                                                const std::function<void(core::gseq)>& progress) {
  std::unordered_map<core::address, folded_entity> entities;
  core::outcome outcome = core::done{};
  auto read = log.read(core::gseq{1}, [&](const core::record& r) {
    auto found = entities.find(r.entity);
    if (found == entities.end()) {
      const auto* type = types(r.entity.type);
      if (type == nullptr) {
        outcome = unknown_type(r.entity.type);
        return false;
      }
      found = entities.emplace(r.entity, vacant(*type)).first;
    }
    outcome = fold(found->second, r);
    if (r.position.value % 4'096 == 0) progress(r.position);
    return outcome.has_value();
  });
  if (!read) return journal::to_failure(read.error());
  if (!outcome) return outcome.error();
  std::map<core::address, folded_entity> sorted;
  for (auto& [entity, folded] : entities)
    sorted.emplace(entity, std::move(folded));
  return sorted;
}

core::result<state_digest> replay_digest(const journal::partition_log& log, const type_finder& types,
                                         const std::function<void(core::gseq)>& progress) {
  const core::gseq position = log.head().position;
  auto all = replay_all(log, types, progress);
  if (!all) return all.error();
  digest_builder digest;
  for (const auto& [entity, folded] : *all)
    digest.add(entity, folded.sequence, folded.type->state_hash(folded.state.get()));
  return digest.finish(position);
}

namespace {

// A field of a stored event, as msgpack; nil when the event has none of that name.
std::string field_of(std::string_view event, std::string_view field) {
  std::string out(1, '\xc0');
  struct visitor final : core::source::member_visitor {
    visitor(std::string_view w, std::string& o) : wanted(w), found(o) {}
    bool member(std::string_view name, const core::source& child) override {
      if (name != wanted) return true;
      found = child.to_msgpack();
      return false;
    }
    std::string_view wanted;
    std::string& found;
  } each{field, out};
  const auto parsed = core::read_msgpack(event, [&](const core::source& root) {
    if (root.type() == core::source::kind::object) root.each_member(each);
  });
  return parsed ? out : std::string(1, '\xc0');
}

}  // namespace

namespace {

// A quoted field, opened where it is sealed.
core::result<std::string> quoted_value(const core::record& r, const std::string& field, journal::sealer* privacy) {
  std::string value = field_of(r.payload, field);
  const std::string place = '/' + field;
  if (privacy == nullptr || std::find(r.sealed.begin(), r.sealed.end(), place) == r.sealed.end()) return value;
  auto opened = privacy->unseal_value({r.entity.tenant, r.entity.type, r.entity.key, r.event_id.view(), place}, value,
                                      journal::erased_as::redacted);
  if (!opened) return journal::to_failure(opened.error());
  return *std::move(opened);
}

}  // namespace

core::result<std::string> resolve_quotes(const journal::partition_log& log, const core::address& entity,
                                         std::string reply, const std::vector<quote>& quotes,
                                         journal::sealer* privacy) {
  std::string out;
  std::size_t copied = 0;
  for (const auto& q : quotes) {
    out.append(reply, copied, q.offset - copied);
    copied = q.offset;
    core::result<std::string> field = core::unavailable("a quoted event is not in the journal");
    auto read = log.read_entity(entity, q.sequence, [&](const core::record& r) {
      field = quoted_value(r, q.field, privacy);
      return false;
    });
    if (!read) return journal::to_failure(read.error());
    if (!field) return field.error();
    out += *field;
  }
  out.append(reply, copied);
  return out;
}

journal::event_draft draft_of(const core::address& entity, const core::event_box& event, const core::uuid& event_id) {
  auto stamp = event.stamp(event.body.get());
  if (stamp) stamp->stream = entity.key;
  return {event_id,
          std::string{event.name},
          event.version,
          event.encode(event.body.get()),
          std::move(stamp),
          core::visibility::tenant,
          {},
          {}};
}

}  // namespace logline::actors
