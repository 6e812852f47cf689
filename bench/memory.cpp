// PERF-10: how much memory does a node take: fresh and idle, with a million entities asleep, and offered far more
// commands than it can take?
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>

#include <CLI/CLI.hpp>

#include "bench/support/child_process.hpp"
#include "bench/support/engine.hpp"
#include "bench/support/options.hpp"
#include "bench/support/order_book.hpp"
#include "bench/support/report.hpp"

namespace {

using namespace logline;

constexpr double mb = 1e6;
constexpr std::size_t distinct_payloads = 16'384;

/// A bell that rings at fixed times, to look at something meanwhile.
void wait_seconds(double seconds) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, std::chrono::duration<double>(seconds), [] { return false; });
}

double figure_of(const actors::door& door, std::string_view name) {
  for (const auto& f : door.figures())
    if (f.name == name) return f.value;
  bench::give_up("the runtime has no figure " + std::string{name});
}

/// The program beside this one, started on an empty directory and left alone.
void idle_node(const bench::options& o, const bench::machine& m) {
  const auto program = bench::own_program().parent_path().parent_path() / "bin" / "loglined";
  if (!std::filesystem::exists(program)) {
    std::fprintf(stderr, "bench: idle node not measured, there is no %s\n", program.c_str());
    return;
  }
  constexpr double settled_seconds = 3;
  bench::contender node;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    const bench::scratch directory{o, "memory"};
    bench::child_process child{program, {"--data", directory.path() / "data", "--set", "gateway.listen=127.0.0.1:0"}};
    child.read_line(30);
    wait_seconds(settled_seconds);
    bench::measurement one;
    one.value = static_cast<double>(bench::resident_bytes(child.pid())) / mb;
    node.add(std::move(one));
    child.end(SIGTERM);
  }
  bench::parameters p;
  p.add("case", "idle_node").add("rounds", static_cast<double>(o.rounds));
  bench::print({"memory", p, "MB", node}, m);
}

/// Wakes every entity once by a command, then waits until all are asleep again.
void sleeping_entities(const bench::options& o, std::size_t entities, const bench::payloads& from,
                       const bench::machine& m) {
  constexpr std::size_t in_flight = 1'024;
  const bench::scratch directory{o, "memory"};
  actors::node_limits limits;
  limits.router.idle = core::seconds(2);
  limits.router.sweep = core::seconds(1);
  bench::engine node{directory.path(), limits};
  bench::command_source commands{from, entities};
  wait_seconds(1);
  const std::size_t before = bench::resident_bytes();
  std::size_t peak = before;
  double awake_max = 0;
  {
    bench::closed_loop loop{in_flight};
    std::size_t next = 0;
    loop.run_count(entities, [&](std::size_t slot) {
      node.door().submit(commands.next(next++), actors::reply<actors::command_reply>{
                                                    [&loop, slot](const core::result<actors::command_reply>& said) {
                                                      if (!said)
                                                        bench::give_up("a command was refused: " + said.error().code);
                                                      loop.ended(slot);
                                                    }});
      if (next % 10'000 != 0) return;
      peak = std::max(peak, bench::resident_bytes());
      awake_max = std::max(awake_max, figure_of(node.door(), "logline_entities_awake"));
    });
  }
  while (figure_of(node.door(), "logline_entities_awake") > 0)
    wait_seconds(0.5);
  wait_seconds(2);
  bench::contender grown;
  bench::measurement one;
  one.value = (static_cast<double>(bench::resident_bytes()) - static_cast<double>(before)) / mb;
  grown.add(std::move(one));
  bench::parameters p;
  p.add("case", "sleeping_entities").add("entities", static_cast<double>(entities));
  p.add("before_mb", static_cast<double>(before) / mb).add("peak_mb", static_cast<double>(peak) / mb);
  p.add("awake_max", awake_max).add("idle_s", static_cast<double>(limits.router.idle.us) / 1e6);
  bench::print({"memory", p, "MB more", grown}, m);
}

/// Offers commands as fast as one thread can make them, whatever becomes of them. What is refused must say so, and
/// memory must not grow.
void overload(const bench::options& o, double seconds, const bench::payloads& from, const bench::machine& m) {
  const bench::scratch directory{o, "memory"};
  bench::engine node{directory.path(), {}};
  bench::command_source commands{from, 1'000};
  std::atomic<std::uint64_t> accepted{0}, refused{0}, otherwise{0};
  std::uint64_t offered = 0;
  const auto offer = [&] {
    ++offered;
    node.door().submit(commands.next(),
                       actors::reply<actors::command_reply>{[&](const core::result<actors::command_reply>& said) {
                         if (said)
                           ++accepted;
                         else if (said.error().code == "OVERLOADED" && said.error().retry_after_s > 0)
                           ++refused;
                         else
                           ++otherwise;
                       }});
  };
  const auto run = [&](double for_seconds) {
    std::size_t peak = 0;
    const auto begin = bench::clock::now();
    while (bench::seconds_since(begin) < for_seconds) {
      for (int i = 0; i < 1'000; ++i)
        offer();
      peak = std::max(peak, bench::resident_bytes());
    }
    return peak;
  };
  // The first quarter fills queues and caches; after it memory may not grow.
  const std::size_t warm = run(seconds / 4);
  const std::size_t later = run(seconds * 3 / 4);
  const auto begin = bench::clock::now();
  while (accepted + refused + otherwise < offered && bench::seconds_since(begin) < 30)
    wait_seconds(0.1);
  if (otherwise > 0 || accepted + refused != offered) bench::give_up("overload was answered by something else");
  bench::contender grown;
  bench::measurement one;
  one.value = (static_cast<double>(later) - static_cast<double>(warm)) / mb;
  grown.add(std::move(one));
  bench::parameters p;
  p.add("case", "overload").add("seconds", seconds);
  p.add("offered_over_accepted", static_cast<double>(offered) / static_cast<double>(accepted));
  p.add("accepted_per_s", static_cast<double>(accepted) / seconds);
  p.add("refused", static_cast<double>(refused)).add("first_quarter_peak_mb", static_cast<double>(warm) / mb);
  p.add("later_peak_mb", static_cast<double>(later) / mb);
  bench::print({"memory", p, "MB more", grown}, m);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t entities = 1'000'000;
  double overload_seconds = 20;
  std::vector<std::string> cases{"idle_node", "sleeping_entities", "overload"};
  const auto o = bench::parse_options(argc, argv, "Memory of a node (PERF-10).", [&](CLI::App& app) {
    app.add_option("--case", cases, "which of the three")->check(CLI::IsMember(cases));
    app.add_option("--entities", entities, "that sleep");
    app.add_option("--overload-seconds", overload_seconds, "of offering too much");
  });
  const bench::machine m{o.directory};
  const bench::payloads from{distinct_payloads};
  for (const auto& one : cases) {
    if (one == "idle_node") idle_node(o, m);
    if (one == "sleeping_entities") sleeping_entities(o, entities, from, m);
    if (one == "overload") overload(o, overload_seconds, from, m);
  }
}
