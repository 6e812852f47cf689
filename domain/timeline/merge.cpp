#include <algorithm>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "domain/timeline/timeline.hpp"

namespace logline::timeline {

using core::context;
using core::decision;
using core::dot;
using core::version_vector;

namespace {

/// An item with its clocks checked and its identity settled.
struct arrival {
  const merge_item* item = nullptr;
  event_clocks clocks;
  core::digest content;
};

/// The stream as the batch changes it, without touching it: what becomes visible, what waits, what is let go.
class union_plan {
 public:
  union_plan(const stream& now, const context& ctx, std::size_t items) : now_(now), ctx_(ctx), pos_(now.head()) {
    reply_.items.resize(items);
  }

  void take(const merge_item& item, std::uint64_t index);
  decision finish() &&;

 private:
  struct problem {
    const char* code;
    const char* text;
  };
  item_status settle(const merge_item& item, std::uint64_t index, problem& why);
  std::optional<problem> check(const merge_item& item, arrival& out) const;
  std::optional<problem> check_vector(const arrival& out) const;
  std::optional<item_status> known(const arrival& a, problem& why) const;
  void show(const arrival& a);
  void hold(const arrival& a, const dot& missing, std::uint64_t index);
  void advance(const dot& visible);
  void let_go(const std::string& site, std::uint64_t from, std::uint64_t to);
  std::uint64_t prefix_of(const std::string& site) const;
  std::size_t new_sites(const version_vector& vc) const;

  /// Clocks of an event that waits: of the stream's or of this batch's.
  struct waiter {
    core::uuid id;
    std::uint64_t lamport;
    const version_vector* vc;
  };
  waiter waiting(const dot& at) const;
  std::optional<dot> missing_for(const dot& self, const version_vector& vc) const {
    return first_missing(self, vc, [this](const std::string& s) { return prefix_of(s); });
  }

  const stream& now_;
  const context& ctx_;
  decision decided_;
  std::uint64_t pos_;
  std::uint64_t lamport_ = 0;
  merge_reply reply_;
  std::map<dot, fingerprint> arrived_;  ///< visible or waiting since this batch began
  std::map<core::uuid, fingerprint> arrived_ids_;
  std::map<std::string, std::uint64_t> prefixes_;           ///< where they moved
  std::map<std::string, std::set<std::uint64_t>> islands_;  ///< visible beyond a gap, since this batch began
  struct held_item {
    event_clocks clocks;
    std::uint64_t index;
  };
  std::map<dot, held_item> held_;  ///< since this batch began
  std::set<dot> released_;
  std::set<std::pair<dot, dot>> blocked_;           ///< registered since this batch began
  std::set<std::string> sites_;                     ///< first named in this batch
  using candidate = std::pair<std::uint64_t, dot>;  ///< in reading order
  std::priority_queue<candidate, std::vector<candidate>, std::greater<>> ready_;
};

void union_plan::take(const merge_item& item, std::uint64_t index) {
  problem why{};
  const item_status status = settle(item, index, why);
  reply_.items[index] = status;
  if (status == item_status::refused) {
    auto group = std::find_if(reply_.refused.begin(), reply_.refused.end(),
                              [&](const item_refusal& r) { return r.code == why.code && r.problem == why.text; });
    if (group == reply_.refused.end()) group = reply_.refused.insert(group, {why.code, why.text, {}});
    group->items.push_back(index);
  }
}

item_status union_plan::settle(const merge_item& item, std::uint64_t index, problem& why) {
  arrival a;
  if (const auto wrong = check(item, a)) {
    why = *wrong;
    return item_status::refused;
  }
  if (const auto status = known(a, why)) return *status;
  const auto& at = a.clocks.dot;
  if (at && at->site == ctx_.origin) {
    why = {"FORGED_ORIGIN", "this site never made an event with this dot"};
    return item_status::refused;
  }
  const auto missing = at && counts_from_one(at->site) ? missing_for(*at, a.clocks.vc) : std::nullopt;
  if (missing && now_.image().waiting.size() + held_.size() - released_.size() >= waiting_max) {
    why = {"PENDING_FULL", "too many events wait for others; send those first"};
    return item_status::refused;
  }
  const fingerprint print = fingerprint_of(a.content);
  if (at) arrived_.emplace(*at, print);
  arrived_ids_.emplace(a.clocks.id, print);
  for (const auto& [site, n] : a.clocks.vc)
    if (!now_.knows_site(site)) sites_.insert(site);
  if (missing) {
    hold(a, *missing, index);
    return item_status::pending;
  }
  show(a);
  return item_status::imported;
}

std::optional<union_plan::problem> union_plan::check(const merge_item& item, arrival& out) const {
  out.item = &item;
  if (!item.vc.problem.empty()) return problem{"INVALID_CLOCK", "vc is malformed"};
  if (!item.lamport.problem.empty()) return problem{"INVALID_CLOCK", "lamport is malformed"};
  if (item.dot && !item.dot->problem.empty()) return problem{"INVALID_CLOCK", "dot is malformed"};
  if (item.lamport.value > lamport_claim_max) return problem{"INVALID_CLOCK", "lamport is over 2^62"};
  out.clocks.lamport = item.lamport.value;
  for (const auto& [site, n] : item.vc.value)
    if (n > 0) out.clocks.vc.emplace_hint(out.clocks.vc.end(), site, n);
  if (item.dot)
    out.clocks.dot = item.dot->value;
  else if (out.clocks.vc.size() == 1)
    out.clocks.dot = dot{out.clocks.vc.begin()->first, out.clocks.vc.begin()->second};
  if (const auto wrong = check_vector(out)) return wrong;
  if (!out.clocks.dot && item.id) return problem{"INVALID_CLOCK", "an event with an id needs its dot"};
  if (item.payload.msgpack.size() > payload_room(out.clocks.vc))
    return problem{"PAYLOAD_TOO_LARGE", "a payload may have up to 1 MiB"};
  out.clocks.id = item.id ? *item.id : derived_id(out.clocks, item.payload.msgpack);
  out.content = content_digest(out.clocks, item.payload.msgpack);
  return std::nullopt;
}

std::optional<union_plan::problem> union_plan::check_vector(const arrival& out) const {
  const auto& vc = out.clocks.vc;
  const auto invalid = [](const char* text) { return problem{"INVALID_CLOCK", text}; };
  if (vc.empty()) return invalid("vc has no component");
  for (const auto& [site, n] : vc) {
    if (site.size() > site_bytes_max) return invalid("vc has a site of more than 64 bytes");
    if (n > clock_max) return invalid("vc has a component over 2^63 - 1");
    const bool own = out.clocks.dot && out.clocks.dot->site == site;
    if (site == ctx_.origin && !own && n > now_.prefix_of(site))
      return invalid("vc has seen an event that this site has yet to add");
  }
  if (const auto& at = out.clocks.dot) {
    const auto own = vc.find(at->site);
    if (own == vc.end() || own->second != at->n) return invalid("vc disagrees with dot");
  }
  if (now_.image().sites.size() + new_sites(vc) > components_max)
    return invalid("the stream would name more than 256 sites");
  return std::nullopt;
}

std::size_t union_plan::new_sites(const version_vector& vc) const {
  const auto fresh = std::count_if(
      vc.begin(), vc.end(), [&](const auto& c) { return !now_.knows_site(c.first) && !sites_.contains(c.first); });
  return sites_.size() + static_cast<std::size_t>(fresh);
}

// Duplicate, an impostor, or (nothing) new.
std::optional<item_status> union_plan::known(const arrival& a, problem& why) const {
  const fingerprint print = fingerprint_of(a.content);
  const auto compare = [&](const fingerprint& other) {
    if (other == print) return item_status::duplicate;
    why = {"EQUIVOCATION", "another event has this dot or id"};
    return item_status::refused;
  };
  if (const auto& at = a.clocks.dot) {
    if (const auto e = now_.find(*at)) return compare(now_.at(*e).print);
    if (const auto w = now_.image().waiting.find(*at); w != now_.image().waiting.end())
      return compare(fingerprint_of(w->second.content));
    if (const auto b = arrived_.find(*at); b != arrived_.end()) return compare(b->second);
  }
  if (const auto e = now_.find(a.clocks.id)) return compare(now_.at(*e).print);
  if (const auto b = arrived_ids_.find(a.clocks.id); b != arrived_ids_.end()) return compare(b->second);
  if (now_.waits(a.clocks.id)) return compare(fingerprint{});
  return std::nullopt;
}

void union_plan::show(const arrival& a) {
  const auto& c = a.clocks;
  decided_.emit(
      timeline_event_imported{c.id, c.dot, c.lamport, c.vc, ++pos_, a.item->payload, a.item->created_at, a.item->sig});
  lamport_ = std::max(lamport_, c.lamport);
  if (!c.dot) return;
  advance(*c.dot);
  while (!ready_.empty()) {
    const dot at = ready_.top().second;
    ready_.pop();
    const waiter w = waiting(at);
    decided_.emit(timeline_event_released{w.id, at, ++pos_});
    lamport_ = std::max(lamport_, w.lamport);
    released_.insert(at);
    const auto fresh = held_.find(at);
    if (fresh == held_.end())
      ++reply_.released;
    else
      reply_.items[fresh->second.index] = item_status::imported;
    advance(at);
  }
}

void union_plan::hold(const arrival& a, const dot& missing, std::uint64_t index) {
  const auto& c = a.clocks;
  decided_.emit(timeline_event_held{c.id, *c.dot, c.lamport, c.vc, a.item->payload, a.item->created_at, a.item->sig});
  held_.emplace(*c.dot, held_item{c, index});
  blocked_.insert({missing, *c.dot});
}

std::uint64_t union_plan::prefix_of(const std::string& site) const {
  const auto moved = prefixes_.find(site);
  return moved != prefixes_.end() ? moved->second : now_.prefix_of(site);
}

void union_plan::advance(const dot& visible) {
  const std::uint64_t before = prefix_of(visible.site);
  auto& islands = islands_[visible.site];
  if (visible.n != before + 1) {
    islands.insert(visible.n);
    return;
  }
  const stream::origin* from = now_.origin_of(visible.site);
  std::uint64_t reached = visible.n;
  while (islands.contains(reached + 1) || (from != nullptr && from->irregular.contains(reached + 1)))
    ++reached;
  prefixes_[visible.site] = reached;
  let_go(visible.site, before, reached);
}

// Looks again at everything that waited for site's events up to `to`.
void union_plan::let_go(const std::string& site, std::uint64_t from, std::uint64_t to) {
  std::vector<dot> waiters;
  for (const auto* blocked : {&now_.blocked(), &std::as_const(blocked_)})
    for (auto b = blocked->lower_bound({dot{site, from + 1}, dot{}});
         b != blocked->end() && b->first.site == site && b->first.n <= to; ++b)
      waiters.push_back(b->second);
  for (const auto& at : waiters) {
    const waiter w = waiting(at);
    if (const auto missing = missing_for(at, *w.vc))
      blocked_.insert({*missing, at});
    else
      ready_.push({w.lamport, at});
  }
}

union_plan::waiter union_plan::waiting(const dot& at) const {
  if (const auto fresh = held_.find(at); fresh != held_.end()) {
    const auto& clocks = fresh->second.clocks;
    return {clocks.id, clocks.lamport, &clocks.vc};
  }
  const waiting_event& old = now_.image().waiting.at(at);
  return {old.id, old.lamport, &old.vc};
}

decision union_plan::finish() && {
  const auto count = [this](item_status s) {
    return static_cast<std::uint64_t>(std::count(reply_.items.begin(), reply_.items.end(), s));
  };
  reply_.imported = count(item_status::imported);
  reply_.duplicates = count(item_status::duplicate);
  reply_.pending = count(item_status::pending);
  for (auto& group : reply_.refused)
    std::sort(group.items.begin(), group.items.end());
  reply_.next = cursor_at_head(now_);
  reply_.next.pos = pos_;
  reply_.next.lamport = std::max(reply_.next.lamport, lamport_);
  for (const auto& [site, n] : prefixes_)
    reply_.next.vc[site] = n;
  return std::move(decided_).answer(reply_);
}

}  // namespace

decision decide(const stream& state, const merge_external& command, const context& ctx) {
  std::size_t bytes = 0;
  for (const auto& item : command.batch)
    bytes += item.payload.msgpack.size();
  if (bytes > batch_bytes_max) return core::too_large("the payloads of a batch may have up to 4 MiB together");

  // In Lamport order nothing of a batch has to wait for the rest of it.
  std::vector<std::uint64_t> order(command.batch.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return command.batch[a].lamport.value < command.batch[b].lamport.value; });
  union_plan plan{state, ctx, order.size()};
  for (const auto index : order)
    plan.take(command.batch[index], index);
  return std::move(plan).finish();
}

}  // namespace logline::timeline
