#include "actors/subscription_meter.hpp"

#include <algorithm>

#include "actors/directory_view.hpp"
#include "domain/messaging/subscription.hpp"
#include "journal/errc.hpp"
#include "journal/record.hpp"

namespace logline::actors {

namespace {

/// A label's value (Prometheus text format 0.0.4).
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

core::result<std::vector<subscription_meter::measured>> subscription_meter::open_ones() {
  const auto* type = types_(messaging::own_type);
  std::vector<measured> out;
  if (type == nullptr) return out;
  std::string after;
  while (true) {
    auto page = directory_view::list(log_, {}, messaging::own_type, after, 1'000);
    if (!page) return page.error();
    if (page->empty()) return out;
    after = page->back().entity.text();
    for (const auto& entry : *page) {
      auto folded = load_entity(log_, *type, entry.entity);
      if (!folded) return folded.error();
      const auto* now = messaging::find_in_force(*static_cast<const messaging::subscription*>(folded->state.get()));
      if (now == nullptr) continue;
      measured one{{entry.entity, messaging::status_of(*now), 0, {}}, now->revision, now->taken, {}};
      auto cursor =
          now->cursor ? core::result<core::gseq>{*now->cursor} : start_of(log_, entry.entity, one.lag.status.plan);
      if (!cursor) return cursor.error();
      one.cursor = *cursor;
      out.push_back(std::move(one));
    }
  }
}

// One pass over what is new for all of them.
core::outcome subscription_meter::count_on(const std::vector<measured>& all) {
  struct open_count {
    const measured* one;
    count* so_far;
  };
  std::vector<open_count> counting;
  for (auto& [address, c] : counts_)
    c.is_open = false;
  const core::gseq head = log_.head().position;
  core::gseq from = head;
  for (const auto& one : all) {
    auto& c = counts_[one.lag.subscription];
    if (c.revision != one.revision) c = {one.revision, one.cursor, 0, one.taken, {}, true};
    c.is_open = true;
    from = std::min(from, c.to);
    counting.push_back({&one, &c});
  }
  std::erase_if(counts_, [](const auto& each) { return !each.second.is_open; });
  auto read = log_.scan(core::next(from), [&](const journal::record_view& r) {
    const messaging::filtered_event seen{r.tenant, r.type, r.key, r.event, !r.timeline.empty()};
    for (auto& [one, c] : counting)
      if (r.position > c->to && messaging::matches(one->lag.status.plan.filter, one->lag.subscription.tenant, seen))
        ++c->events;
    return r.position < head;
  });
  if (!read) return journal::to_failure(read.error());
  for (auto& [one, c] : counting)
    c->to = std::max(c->to, head);
  return core::done{};
}

core::outcome subscription_meter::settle(measured& one) {
  auto& c = counts_.at(one.lag.subscription);
  const auto taken = one.taken - c.taken;
  const std::uint64_t before_it = c.events - std::min(c.events, taken);
  one.lag.events = before_it + static_cast<std::uint64_t>(one.lag.status.given + one.lag.status.waiting);
  if (one.lag.events == 0) return core::done{};
  auto oldest = one.lag.status.oldest;
  if (!oldest) {
    reading_bounds first_only;
    first_only.events = 1;
    first_only.records = ~std::uint64_t{0};
    if (c.first <= one.cursor) {
      auto found = read_matching(log_, one.lag.subscription, one.lag.status.plan.filter, one.cursor, first_only);
      if (!found) return found.error();
      if (found->events.empty()) return core::done{};
      c.first = found->events.front().gseq;
    }
    oldest = c.first;
  }
  auto read = log_.scan(*oldest, [&](const journal::record_view& r) {
    one.lag.age = std::max(core::duration_us{}, clock_.now() - r.at);
    return false;
  });
  if (!read) return journal::to_failure(read.error());
  return core::done{};
}

core::result<std::vector<subscription_lag>> subscription_meter::measure() {
  const std::lock_guard lock{measuring_};
  auto all = open_ones();
  if (!all) return all.error();
  if (auto counted = count_on(*all); !counted) return counted.error();
  std::vector<subscription_lag> out;
  for (auto& one : *all) {
    if (auto settled = settle(one); !settled) return settled.error();
    out.push_back(std::move(one.lag));
  }
  const std::lock_guard guard{latest_guard_};
  latest_ = out;
  return out;
}

core::outcome subscription_meter::watch(alerts& to) {
  auto all = measure();
  if (!all) return all.error();
  const auto worst = std::max_element(all->begin(), all->end(), [](const auto& a, const auto& b) {
    return std::pair{a.age > alert_age, a.events} < std::pair{b.age > alert_age, b.events};
  });
  if (worst == all->end() || (worst->events <= alert_events && worst->age <= alert_age)) {
    to.clear("SUB_LAG");
    return core::done{};
  }
  to.raise("SUB_LAG", fmt::format("subscription {} has {} events before it, the oldest {} s old",
                                  worst->subscription.text(), worst->events, worst->age.us / 1'000'000));
  return core::done{};
}

std::vector<door::figure> subscription_meter::figures() const {
  const std::lock_guard guard{latest_guard_};
  std::vector<door::figure> out;
  const auto gauge = [&](std::string_view name, std::string_view help, const subscription_lag& one, double value) {
    out.push_back({fmt::format("{}{{sub=\"{}/{}\"}}", name, one.subscription.tenant, escaped(one.subscription.key)),
                   std::string{help}, false, value});
  };
  for (std::size_t i = 0; i < std::min(labels_max, latest_.size()); ++i) {
    const auto& one = latest_[i];
    gauge("sub_lag_events", "Events not acknowledged.", one, static_cast<double>(one.events));
    gauge("sub_lag_seconds", "Age of the oldest of them.", one, static_cast<double>(one.age.us) / 1e6);
    gauge("sub_parked_events", "Events given out too often.", one, static_cast<double>(one.status.parked));
  }
  return out;
}

}  // namespace logline::actors
