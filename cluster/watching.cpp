#include "cluster/watching.hpp"

#include <chrono>
#include <future>

#include "actors/fold_check.hpp"
#include "domain/catalogue.hpp"

namespace logline::cluster {

namespace {

constexpr core::duration_us look_every = core::seconds(10);
constexpr auto answer_within = std::chrono::seconds{30};
constexpr std::uint64_t nightly_one_in = 100;

/// The state as its living actor has it; waits for the answer.
core::result<actors::entity_view> see(actors::door& door, const core::address& entity) {
  auto said = std::make_shared<std::promise<core::result<actors::entity_view>>>();
  auto answer = said->get_future();
  door.show(entity, actors::as_of_now{},
            actors::reply<actors::entity_view>{
                [said](core::result<actors::entity_view> view) { said->set_value(std::move(view)); }});
  if (answer.wait_for(answer_within) != std::future_status::ready)
    return core::unavailable("entity " + entity.text() + " does not answer");
  return answer.get();
}

core::outcome check(const watched_parts& parts, std::uint64_t one_in, const std::stop_token& wanted) {
  const auto today = static_cast<std::uint64_t>(parts.log.head().at.us / core::days(1).us);
  const actors::fold_sample sample{one_in, today};
  const auto live = [&](const core::address& entity) { return see(*parts.living, entity); };
  const auto report =
      actors::check_folds(parts.log, domain::find_entity_type, live, sample, [&] { return wanted.stop_requested(); });
  if (!report) return report.error();
  if (!wanted.stop_requested()) actors::tell_folds(*report, sample, parts.alerts);
  return core::done{};
}

}  // namespace

void add_watching(std::vector<std::shared_ptr<const actors::duty>>& to, watched_parts parts) {
  const auto add = [&](const char* name, core::schedule when,
                       std::function<core::outcome(const std::stop_token&)> run) {
    to.push_back(std::make_shared<actors::duty>(actors::duty{name, when, std::move(run)}));
  };
  add("subscriptions", core::schedule::every(look_every),
      [parts](const std::stop_token&) { return parts.living->watch_subscriptions(); });
  add("mirrors", core::schedule::every(look_every),
      [parts](const std::stop_token&) { return parts.living->watch_mirrors(); });
  add("folds", core::schedule::daily(3, 40),
      [parts](const std::stop_token& wanted) { return check(parts, nightly_one_in, wanted); });
  add("folds of all", core::schedule::weekly(0, 4, 40),
      [parts](const std::stop_token& wanted) { return check(parts, 1, wanted); });
}

}  // namespace logline::cluster
