#include "tests/property/timeline/history.hpp"

#include <rapidcheck/catch.h>

using namespace logline;
using namespace logline::timeline_histories;

namespace {

/// The specification of causal delivery, by brute force: the largest set in which every event has all that it has seen.
std::set<dot> closed_subset(const std::vector<merge_item>& items) {
  std::map<dot, core::version_vector> given;
  for (const auto& item : items) {
    const dot at = item.dot ? item.dot->value : dot{item.vc.value.begin()->first, item.vc.value.begin()->second};
    given.emplace(at, item.vc.value);
  }
  std::set<dot> visible;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [at, vc] : given) {
      if (visible.contains(at)) continue;
      const bool complete = std::all_of(vc.begin(), vc.end(), [&, self = at](const auto& c) {
        if (!timeline::counts_from_one(c.first)) return true;
        for (std::uint64_t n = 1; n <= c.second; ++n)
          if (dot{c.first, n} != self && !visible.contains(dot{c.first, n})) return false;
        return true;
      });
      if (complete) grew = visible.insert(at).second;
    }
  }
  return visible;
}

std::set<dot> visible_at(const timeline::stream& s) {
  std::set<dot> out;
  for (std::uint32_t e = 0; e < s.head(); ++e)
    out.insert(s.dot_of(e).value());
  return out;
}

}  // namespace

TEST_CASE("any order and any duplication of merge batches give the same stream", "[TLN-04]") {
  rc::prop("over everything that two to five sites made", [] {
    const auto made = random_history(true);
    site one{"reader1.1"};
    site two{"reader2.1"};
    deliver(one, all(made.events));
    deliver(two, all(made.events));
    RC_ASSERT(view_of(one.stream()) == view_of(two.stream()));
    RC_ASSERT(one.stream().image().waiting.empty());
    one.entity().check_replay();
  });
  rc::prop("over any part of it, and what is visible is what causality allows", [] {
    const auto made = random_history(true);
    auto part = some(made.events);
    site one{"reader1.1"};
    site two{"reader2.1"};
    deliver(one, part);
    std::reverse(part.begin(), part.end());
    deliver(two, part);
    RC_ASSERT(view_of(one.stream()) == view_of(two.stream()));
    RC_ASSERT(visible_at(one.stream()) == closed_subset(part));
    two.entity().check_replay();
  });
  rc::prop("the sites themselves converge once all have heard of all", [] {
    auto made = random_history(true);
    for (auto& s : made.sites)
      deliver(s, all(made.events));
    const view expected = view_of(made.sites.front().stream());
    std::set<core::uuid> ids;
    for (const auto& s : made.sites) {
      RC_ASSERT(view_of(s.stream()) == expected);
      s.entity().check_replay();
    }
  });
  rc::prop("a merge of what is known writes nothing", [] {
    auto made = random_history(true);
    site reader{"reader.1"};
    deliver(reader, all(made.events));
    const auto hash = reader.entity().hash();
    const auto reply = reader.merge(made.events.empty() ? std::vector{legacy_event()} : made.events);
    if (!made.events.empty()) {
      RC_ASSERT(reply.duplicates == made.events.size());
      RC_ASSERT(reader.entity().hash() == hash);
    }
  });
}

TEST_CASE("the reading order is a linear extension of causality, and arrival keeps causality too", "[TLN-05]") {
  rc::prop("at every site", [] {
    const auto made = random_history(false);
    for (const auto& from : made.sites) {
      const auto& s = from.stream();
      const auto& order = s.total_order();
      std::vector<std::uint32_t> events;
      for (auto p = order.begin(); p != order.end(); p = order.next(p))
        events.push_back(order.at(p));
      RC_ASSERT(events.size() == s.head());
      for (std::size_t i = 0; i < events.size(); ++i)
        for (std::size_t j = i + 1; j < events.size(); ++j) {
          RC_ASSERT(s.relation(events[j], events[i]) != core::causality::before);
          RC_ASSERT(s.relation(static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(i)) !=
                    core::causality::before);
        }
    }
  });
}

TEST_CASE("happened-before is a strict partial order, and agrees with core", "[TLN-03]") {
  rc::prop("irreflexive, antisymmetric, transitive", [] {
    auto made = random_history(false);
    site reader{"reader.1"};
    deliver(reader, all(made.events));
    const auto& s = reader.stream();
    const auto before = [&](std::uint32_t a, std::uint32_t b) { return s.relation(a, b) == core::causality::before; };
    const auto stamp = [&](std::uint32_t e) {
      return core::timeline_stamp{{}, s.dot_of(e).value(), s.at(e).lamport, s.vector_of(e)};
    };
    const auto n = static_cast<std::uint32_t>(s.head());
    for (std::uint32_t a = 0; a < n; ++a) {
      RC_ASSERT(s.relation(a, a) == core::causality::equal);
      for (std::uint32_t b = 0; b < n; ++b) {
        RC_ASSERT(!(before(a, b) && before(b, a)));
        RC_ASSERT(s.relation(a, b) == core::compare(stamp(a), stamp(b)));
        if (before(a, b)) RC_ASSERT(s.at(a).lamport < s.at(b).lamport);
        for (std::uint32_t c = 0; c < n; ++c)
          if (before(a, b) && before(b, c)) RC_ASSERT(before(a, c));
      }
    }
  });
}

TEST_CASE("appends at one site have strictly growing Lamport numbers, whatever is merged between", "[TLN-01]") {
  rc::prop("over random histories", [] {
    const auto made = random_history(true);
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> last;  // site → n, lamport
    for (const auto& event : made.events) {
      if (!event.dot) continue;
      auto& [n, lamport] = last[event.dot->value.site];
      RC_ASSERT(event.dot->value.n == n + 1);
      RC_ASSERT(event.lamport.value > lamport);
      n = event.dot->value.n;
      lamport = event.lamport.value;
    }
  });
}
