#include "domain/timeline/stream.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace logline::timeline {

using core::digest;
using core::dot;
using core::version_vector;

namespace {

constexpr std::uint32_t no_base = std::numeric_limits<std::uint32_t>::max();

std::string digest_header(const core::uuid* id, const event_clocks& clocks) {
  std::string header;
  core::msgpack_sink to{header};
  to.begin_array(id != nullptr ? 6 : 5);
  if (id != nullptr) core::encode_value(to, *id);
  to.text(clocks.dot ? clocks.dot->site : std::string{});
  to.unsigned_integer(clocks.dot ? clocks.dot->n : 0);
  to.unsigned_integer(clocks.lamport);
  core::encode_value(to, clocks.vc);
  return header;
}

/// Order-independent: any set of events has one sum. Finds loss and damage, not a forger; that takes signed trees
/// (FED-21).
void add_to_sum(digest& sum, const digest& content) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < sum.octets.size(); ++i) {
    carry += static_cast<unsigned>(sum.octets[i]) + content.octets[i];
    sum.octets[i] = static_cast<unsigned char>(carry);
    carry >>= 8;
  }
}

bool is_consistent(const stream_image& image) {
  const auto known_site = [&](const component& c) { return c.site < image.sites.size(); };
  const auto good_entry = [&](const entry& e) {
    return (e.site == no_site ? e.n == 0 : e.site < image.sites.size() && e.n > 0) && e.base < image.bases.size();
  };
  const auto good_waiter = [](const auto& w) { return w.second.n > 0 && w.first == w.second.dot(); };
  return image.sites.size() < no_site && image.entries.size() < no_base &&
         std::all_of(image.bases.begin(), image.bases.end(),
                     [&](const auto& base) { return std::all_of(base.begin(), base.end(), known_site); }) &&
         std::all_of(image.entries.begin(), image.entries.end(), good_entry) &&
         std::all_of(image.waiting.begin(), image.waiting.end(), good_waiter);
}

}  // namespace

bool counts_from_one(std::string_view site) {
  const auto last_dot = site.rfind('.');
  return last_dot != std::string_view::npos && last_dot > 0 && last_dot + 1 < site.size() &&
         site.find_first_not_of("0123456789", last_dot + 1) == std::string_view::npos;
}

digest content_digest(const event_clocks& clocks, std::string_view payload_msgpack) {
  return core::sha256({digest_header(&clocks.id, clocks), payload_msgpack});
}

core::uuid derived_id(const event_clocks& clocks, std::string_view payload_msgpack) {
  // Any constant will do; this one is the UUIDv5 of "logline timeline event" in RFC 9562's name space of URLs.
  static const core::uuid name_space = [] {
    const auto urls = core::parse_uuid("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
    return core::make_uuid5(urls.value(), "logline timeline event");
  }();
  return core::make_uuid5(name_space, core::sha256({digest_header(nullptr, clocks), payload_msgpack}).view());
}

fingerprint fingerprint_of(const digest& content) {
  fingerprint out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8 | content.octets[i];
    out.low = out.low << 8 | content.octets[i + 8];
  }
  return out;
}

std::optional<stream> stream::from(stream_image image) {
  if (!is_consistent(image)) return std::nullopt;
  stream out;
  out.image_ = std::move(image);
  for (const auto& site : out.image_.sites) {
    if (!out.site_index_.try_emplace(site, static_cast<std::uint16_t>(out.origins_.size())).second) return std::nullopt;
    out.origins_.emplace_back();
    out.last_base_.push_back(no_base);
  }
  for (number e = 0; e < out.image_.entries.size(); ++e)
    out.index(e);
  for (const auto& [at, waiter] : out.image_.waiting) {
    out.waiting_ids_.insert(waiter.id);
    out.block(waiter);
  }
  return out;
}

// -- folds

void stream::add(const event_clocks& clocks, std::string_view payload_msgpack, const core::record_meta& meta) {
  entry fresh{.id = clocks.id, .lamport = clocks.lamport, .at = meta.decided_at, .sequence = meta.sequence};
  fresh.site = clocks.dot ? site_number(clocks.dot->site) : no_site;
  fresh.n = clocks.dot ? clocks.dot->n : 0;
  fresh.size = static_cast<std::uint32_t>(payload_msgpack.size());
  append_entry(fresh, clocks.vc, content_digest(clocks, payload_msgpack));
}

void stream::hold(const event_clocks& clocks, std::string_view payload_msgpack, const core::record_meta& meta) {
  LL_INVARIANT(clocks.dot, "an event without a dot never waits, {} does", clocks.id.text());
  for (const auto& [site, n] : clocks.vc)
    site_number(site);
  waiting_event waiter{
      .site = clocks.dot->site, .n = clocks.dot->n, .id = clocks.id, .lamport = clocks.lamport, .vc = clocks.vc};
  waiter.content = content_digest(clocks, payload_msgpack);
  waiter.size = static_cast<std::uint32_t>(payload_msgpack.size());
  waiter.sequence = meta.sequence;
  waiter.at = meta.decided_at;
  waiting_ids_.insert(waiter.id);
  block(waiter);
  image_.waiting.insert_or_assign(*clocks.dot, std::move(waiter));
}

void stream::release(const dot& at) {
  auto node = image_.waiting.extract(at);
  LL_INVARIANT(!node.empty(), "event {}/{} does not wait", at.site, at.n);
  const waiting_event& waiter = node.mapped();
  waiting_ids_.erase(waiter.id);
  if (const auto missing = first_missing(at, waiter.vc, [this](const std::string& s) { return prefix_of(s); }))
    blocked_.erase({*missing, at});
  entry fresh{.id = waiter.id, .site = site_number(waiter.site), .n = waiter.n, .lamport = waiter.lamport};
  fresh.at = waiter.at;
  fresh.sequence = waiter.sequence;
  fresh.size = waiter.size;
  append_entry(fresh, waiter.vc, waiter.content);
}

void stream::mark_deleted(const core::uuid& id) {
  const auto e = find(id);
  LL_INVARIANT(e, "event {} is not in the stream", id.text());
  image_.entries[*e].tombstoned = true;
}

std::uint16_t stream::site_number(const std::string& site) {
  const auto [place, fresh] = site_index_.try_emplace(site, static_cast<std::uint16_t>(image_.sites.size()));
  if (fresh) {
    LL_INVARIANT(image_.sites.size() < no_site, "a stream names {} sites", image_.sites.size());
    image_.sites.push_back(site);
    origins_.emplace_back();
    last_base_.push_back(no_base);
  }
  return place->second;
}

void stream::take_vector(const version_vector& vc) {
  for (const auto& [site, n] : vc) {
    auto& mine = image_.vc[site];
    mine = std::max(mine, n);
  }
}

std::uint32_t stream::base_for(std::uint16_t site, const version_vector& vc) {
  std::vector<component> seen;
  seen.reserve(vc.size());
  for (const auto& [name, n] : vc) {
    const std::uint16_t at = site_number(name);
    if (at != site) seen.push_back({at, n});
  }
  std::sort(seen.begin(), seen.end(), [](const component& a, const component& b) { return a.site < b.site; });
  const std::uint32_t last = site == no_site ? no_base : last_base_[site];
  if (last != no_base && image_.bases[last] == seen) return last;
  image_.bases.push_back(std::move(seen));
  return static_cast<std::uint32_t>(image_.bases.size() - 1);
}

void stream::append_entry(entry fresh, const version_vector& vc, const digest& content) {
  fresh.base = base_for(fresh.site, vc);
  fresh.print = fingerprint_of(content);
  image_.lamport = std::max(image_.lamport, fresh.lamport);
  take_vector(vc);
  add_to_sum(image_.sum, content);
  const std::uint64_t before = fresh.site == no_site ? 0 : origins_[fresh.site].prefix;
  image_.entries.push_back(fresh);
  index(static_cast<number>(image_.entries.size() - 1));
  if (fresh.site != no_site && origins_[fresh.site].prefix != before)
    unblock(image_.sites[fresh.site], before, origins_[fresh.site].prefix);
}

void stream::index(number e) {
  const entry& fresh = image_.entries[e];
  by_order_.insert(e, [&](number other) { return comes_before(other, e); });
  by_id_.insert(e, [&](number other) { return image_.entries[other].id < fresh.id; });
  if (fresh.site == no_site) return irregular_.push_back(e);
  last_base_[fresh.site] = fresh.base;
  origin& from = origins_[fresh.site];
  if (fresh.n == from.prefix + 1) {
    from.regular.push_back(e);
    ++from.prefix;
    while (from.irregular.contains(from.prefix + 1))
      ++from.prefix;
  } else {
    from.irregular.emplace(fresh.n, e);
    irregular_.push_back(e);
  }
}

void stream::unblock(const std::string& site, std::uint64_t from, std::uint64_t to) {
  std::vector<dot> waiters;
  const auto first = blocked_.lower_bound({dot{site, from + 1}, dot{}});
  auto last = first;
  for (; last != blocked_.end() && last->first.site == site && last->first.n <= to; ++last)
    waiters.push_back(last->second);
  blocked_.erase(first, last);
  for (const auto& waiter : waiters)
    block(image_.waiting.at(waiter));
}

void stream::block(const waiting_event& event) {
  if (const auto missing = first_missing(event.dot(), event.vc, [this](const std::string& s) { return prefix_of(s); }))
    blocked_.insert({*missing, event.dot()});
}

// -- questions

bool stream::comes_before(number a, number b) const {
  const entry& x = image_.entries[a];
  const entry& y = image_.entries[b];
  if (x.lamport != y.lamport) return x.lamport < y.lamport;
  if (x.site != y.site) {
    if (x.site == no_site || y.site == no_site) return x.site == no_site;
    return image_.sites[x.site] < image_.sites[y.site];
  }
  return std::pair{x.n, x.id} < std::pair{y.n, y.id};
}

std::optional<stream::number> stream::find(const core::uuid& id) const {
  const auto place = by_id_.lower_bound([&](number e) { return image_.entries[e].id < id; });
  if (place == by_id_.end() || image_.entries[by_id_.at(place)].id != id) return std::nullopt;
  return by_id_.at(place);
}

const stream::origin* stream::origin_of(const std::string& site) const {
  const auto found = site_index_.find(site);
  return found == site_index_.end() ? nullptr : &origins_[found->second];
}

std::optional<stream::number> stream::find(const dot& at) const {
  const origin* from = origin_of(at.site);
  if (from == nullptr) return std::nullopt;
  const auto regular = std::partition_point(from->regular.begin(), from->regular.end(),
                                            [&](number e) { return image_.entries[e].n < at.n; });
  if (regular != from->regular.end() && image_.entries[*regular].n == at.n) return *regular;
  const auto irregular = from->irregular.find(at.n);
  if (irregular == from->irregular.end()) return std::nullopt;
  return irregular->second;
}

std::uint64_t stream::prefix_of(const std::string& site) const {
  const origin* from = origin_of(site);
  return from == nullptr ? 0 : from->prefix;
}

std::size_t stream::sites_with(const version_vector& vc) const {
  const auto fresh = std::count_if(vc.begin(), vc.end(), [this](const auto& c) { return !knows_site(c.first); });
  return image_.sites.size() + static_cast<std::size_t>(fresh);
}

version_vector stream::held() const {
  version_vector out;
  for (const auto& [site, at] : site_index_)
    if (origins_[at].prefix > 0) out.emplace_hint(out.end(), site, origins_[at].prefix);
  return out;
}

version_vector stream::vector_of(number e) const {
  const entry& event = image_.entries[e];
  version_vector out;
  for (const auto& [site, n] : image_.bases[event.base])
    out[image_.sites[site]] = n;
  if (event.site != no_site) out[image_.sites[event.site]] = event.n;
  return out;
}

std::optional<dot> stream::dot_of(number e) const {
  const entry& event = image_.entries[e];
  if (event.site == no_site) return std::nullopt;
  return dot{image_.sites[event.site], event.n};
}

std::uint64_t stream::component_of(number e, std::uint16_t site) const {
  const entry& event = image_.entries[e];
  if (event.site == site) return event.n;
  const auto& base = image_.bases[event.base];
  const auto found = std::partition_point(base.begin(), base.end(), [&](const component& c) { return c.site < site; });
  return found != base.end() && found->site == site ? found->n : 0;
}

core::causality stream::relation(number a, number b) const {
  if (a == b) return core::causality::equal;
  const entry& x = image_.entries[a];
  const entry& y = image_.entries[b];
  // Older systems' events without a dot have nothing but their vectors to compare.
  if (x.site == no_site || y.site == no_site) return core::compare(vector_of(a), vector_of(b));
  if (component_of(b, x.site) >= x.n) return core::causality::before;
  return component_of(a, y.site) >= y.n ? core::causality::after : core::causality::concurrent;
}

}  // namespace logline::timeline
