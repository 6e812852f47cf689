#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "journal/backup_retention.hpp"

#include <rapidcheck/catch.h>

using namespace logline;
using namespace logline::journal;

namespace {

constexpr core::timestamp now{1'774'746'000'000'000};  // 2026-03-29T01:00:00Z

/// Backups of up to two years, several on some days, as a site of any age and luck would have them.
std::vector<kept_backup> some_backups() {
  const auto hours_ago = *rc::gen::container<std::set<int>>(rc::gen::inRange(0, 24 * 730));
  std::vector<kept_backup> out;
  for (const int hours : hours_ago)
    out.push_back({"b" + std::to_string(hours), now - core::hours(hours), *rc::gen::arbitrary<bool>(),
                   *rc::gen::weightedElement<bool>({{4, false}, {1, true}})});
  return out;
}

retention_policy some_policy() {
  return {static_cast<std::uint32_t>(*rc::gen::inRange(1, 60)), static_cast<std::uint32_t>(*rc::gen::inRange(0, 20))};
}

std::vector<kept_backup> without(const std::vector<kept_backup>& all, const std::vector<std::string>& gone) {
  std::vector<kept_backup> out;
  for (const auto& b : all)
    if (std::find(gone.begin(), gone.end(), b.name) == gone.end()) out.push_back(b);
  return out;
}

/// The newest at or before a time, by name; empty where there is none.
std::string base_for(const std::vector<kept_backup>& all, core::timestamp t) {
  const kept_backup* out = nullptr;
  for (const auto& b : all)
    if (b.at <= t && (out == nullptr || b.at > out->at)) out = &b;
  return out == nullptr ? "" : out->name;
}

}  // namespace

TEST_CASE("what retention may never take away stays, whatever there is", "[BAK-04]") {
  rc::prop("newest, newest verified, young ones, and the base of every point in the window", [] {
    const auto all = some_backups();
    const auto policy = some_policy();
    const auto gone = backups_to_remove(all, policy, now, true);
    const auto left = without(all, gone);
    const core::timestamp window = now - core::days(policy.days);
    for (const auto& b : all)
      if (b.at > window) RC_ASSERT(std::find(left.begin(), left.end(), b) != left.end());
    RC_ASSERT(base_for(left, now) == base_for(all, now));
    const auto verified = [](std::vector<kept_backup> of) {
      std::erase_if(of, [](const kept_backup& b) { return !b.verified; });
      return base_for(of, now);
    };
    RC_ASSERT(verified(left) == verified(all));
    for (const auto& b : all)
      for (const auto t : {b.at - core::seconds(1), b.at, b.at + core::seconds(1)})
        if (t >= window && t <= now) RC_ASSERT(base_for(left, t) == base_for(all, t));
    RC_ASSERT(base_for(left, window) == base_for(all, window));
  });
  rc::prop("nothing goes while something failed, or before anything is verified", [] {
    auto all = some_backups();
    const auto policy = some_policy();
    RC_ASSERT(backups_to_remove(all, policy, now, false).empty());
    for (auto& b : all)
      b.verified = false;
    RC_ASSERT(backups_to_remove(all, policy, now, true).empty());
  });
  rc::prop("what was pruned needs no pruning, and what goes was old", [] {
    const auto all = some_backups();
    const auto policy = some_policy();
    const auto gone = backups_to_remove(all, policy, now, true);
    RC_ASSERT(backups_to_remove(without(all, gone), policy, now, true).empty());
    for (const auto& b : all)
      if (std::find(gone.begin(), gone.end(), b.name) != gone.end()) RC_ASSERT(b.at <= now - core::days(policy.days));
  });
}

TEST_CASE("30 daily and 12 monthly backups are what is left of two years", "[BAK-04]") {
  std::vector<kept_backup> all;
  for (int day = 0; day < 730; ++day)
    all.push_back({"d" + std::to_string(day), now - core::days(day), true, false});
  const auto left = without(all, backups_to_remove(all, {30, 12}, now, true));
  // 30 young ones, the base of the window, and the first of each of 12 months but for the one that is young.
  CHECK(left.size() == 30 + 1 + 12 - 1);
}
