#include "adapters/postgres/inbox.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <fmt/format.h>

#include "adapters/postgres/row.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"

namespace logline::postgres {

namespace {

constexpr std::size_t rows_at_once = 100;
constexpr int sweeps_between_full = 100;  // a transaction that was open for an hour is found by those
constexpr core::duration_us glance = core::milliseconds(200);

bool is_to_be_sent_again(const core::result<inbox_answer>& answer) {
  return !answer && answer.error().kind == core::failure_kind::unavailable;
}

}  // namespace

/// Answers come on the node's threads, perhaps after nobody waits any more.
struct inbox::batch {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<core::result<inbox_answer>>> answers;  // guarded by mutex
  std::size_t missing = 0;                                         // so is this

  bool wait(const std::stop_token& wanted) {
    std::stop_callback wake{wanted, [this] { changed.notify_all(); }};
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return missing == 0 || wanted.stop_requested(); });
    return missing == 0;
  }
};

core::outcome inbox::run(const std::stop_token& wanted) {
  const auto place = settings_.where->current();
  auto session = connection::open(place.server, "logline inbox");
  if (!session) return core::done{};  // the mirror says so, and the watch
  const auto done = listen(*session, wanted);
  if (done || !session->is_open() || session->state().empty()) return core::done{};
  return core::unavailable("inbox: " + done.error().message);
}

journal::outcome inbox::listen(connection& to, const std::stop_token& wanted) {
  const std::array<argument, 1> table{fmt::format("{}.inbox", connection::quoted(settings_.schema))};
  const auto there = to.run("SELECT to_regclass($1) IS NOT NULL AND NOT pg_is_in_recovery()", table);
  if (!there) return there.error();
  if (!there->truth(0, 0)) return core::done{};  // not migrated yet
  if (auto begun = to.run("SET TimeZone = 'UTC'; LISTEN app_inbox"); !begun) return begun.error();
  const auto active = settings_.where->current().state.active;
  for (int sweeps = 0; !wanted.stop_requested(); ++sweeps) {
    for (;;) {
      const auto answered = sweep(to, wanted, sweeps % sweeps_between_full == 0);
      if (!answered) return answered.error();
      if (*answered < rows_at_once) break;
    }
    for (core::duration_us waited{}; waited < settings_.sweep && !wanted.stop_requested(); waited.us += glance.us) {
      if (settings_.where->current().state.active != active) return core::done{};
      const auto told = to.next_notification(glance);
      if (!told) return told.error();
      if (*told) break;
    }
  }
  return core::done{};
}

journal::result<std::size_t> inbox::sweep(connection& to, const std::stop_token& wanted, bool everything) {
  const auto found = to.run(fmt::format(
      "SELECT id, tenant, target, command, payload, by_role FROM {0}.inbox i WHERE NOT EXISTS (SELECT FROM "
      "{0}.inbox_result r "
      "WHERE r.id = i.id){1} ORDER BY at, id LIMIT {2}",
      connection::quoted(settings_.schema), everything ? "" : " AND at > now() - interval '1 hour'", rows_at_once));
  if (!found) return found.error();
  const auto all = std::make_shared<batch>();
  all->answers.resize(found->size());
  all->missing = found->size();
  for (std::size_t i = 0; i < found->size(); ++i) {
    const auto column = [&](std::size_t n) { return std::string{found->text(i, n)}; };
    settings_.submit({column(0), column(1), column(2), column(3), column(4), column(5)},
                     [all, i](core::result<inbox_answer> answer) {
                       const std::lock_guard lock{all->mutex};
                       all->answers[i] = std::move(answer);
                       --all->missing;
                       all->changed.notify_all();
                     });
  }
  if (!all->wait(wanted)) return std::size_t{0};
  std::size_t answered = 0;
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (is_to_be_sent_again(*all->answers[i])) continue;
    if (auto written = write(to, std::string{found->text(i, 0)}, *all->answers[i]); !written)
      return std::move(written).error();
    ++(*all->answers[i] ? figures_.accepted : figures_.rejected);
    ++answered;
  }
  return answered;
}

journal::outcome inbox::write(connection& to, const std::string& id, const core::result<inbox_answer>& answer) {
  std::array<argument, 7> row{id, answer ? "true" : "false"};
  if (answer) {
    if (answer->position.value != 0) row[4] = std::to_string(answer->position.value);
    row[5] = std::to_string(answer->sequence.value);
    if (!answer->reply.empty()) {
      std::string json = core::json_text(std::string_view{answer->reply});
      without_nul(json);
      row[6] = std::move(json);
    }
  } else {
    row[2] = answer.error().code;
    row[3] = core::excerpt(answer.error().message, 1'000);
  }
  // Twice only where another node was quicker: then its answer stands.
  const auto added =
      to.run(fmt::format(
                 "INSERT INTO {}.inbox_result (id, accepted, code, message, gseq, eseq, reply) VALUES ($1, $2, $3, $4, "
                 "$5, $6, $7) ON CONFLICT (id) DO NOTHING",
                 connection::quoted(settings_.schema)),
             row);
  if (!added) return added.error();
  return core::done{};
}

}  // namespace logline::postgres
