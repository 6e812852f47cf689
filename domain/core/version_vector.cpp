#include "domain/core/version_vector.hpp"

#include <algorithm>

namespace logline::core {

static std::uint64_t component(const version_vector& v, const std::string& site) {
  const auto found = v.find(site);
  return found == v.end() ? 0 : found->second;
}

version_vector merge(const version_vector& a, const version_vector& b) {
  version_vector out = a;
  for (const auto& [site, n] : b) {
    auto& mine = out[site];
    mine = std::max(mine, n);
  }
  return out;
}

causality compare(const version_vector& a, const version_vector& b) {
  const auto covered = [](const version_vector& inner, const version_vector& outer) {
    return std::all_of(inner.begin(), inner.end(),
                       [&](const auto& e) { return component(outer, e.first) >= e.second; });
  };
  const bool a_in_b = covered(a, b);
  const bool b_in_a = covered(b, a);
  if (a_in_b && b_in_a) return causality::equal;
  if (a_in_b) return causality::before;
  return b_in_a ? causality::after : causality::concurrent;
}

bool covers(const version_vector& v, const dot& d) {
  return component(v, d.site) >= d.n;
}

bool happens_before(const timeline_stamp& a, const timeline_stamp& b) {
  return a.dot != b.dot && covers(b.vector_clock, a.dot);
}

causality compare(const timeline_stamp& a, const timeline_stamp& b) {
  if (a.dot == b.dot) return causality::equal;
  if (happens_before(a, b)) return causality::before;
  return happens_before(b, a) ? causality::after : causality::concurrent;
}

}  // namespace logline::core
