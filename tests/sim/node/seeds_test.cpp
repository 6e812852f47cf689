#include <catch2/catch.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "tests/sim/node/simulation.hpp"

using namespace logline;

namespace {

constexpr std::uint64_t seeds_of_a_half = 500;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits{text};
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc{} || end != digits.data() + digits.size()) FAIL(name << " must be a number, not " << text);
  return value;
}

void run_seeds(std::uint64_t first, std::uint64_t seeds) {
  const bool echo = std::getenv("LOGLINE_SIM_TRACE") != nullptr;
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t records = 0;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const auto options = sim::draw_options(seed);
    // Before the run, so that the last line of a run that hangs or aborts says how to come back to it.
    fmt::print("SEED={} {}\n", seed, options.text());
    std::fflush(stdout);
    const auto report = sim::simulate(options, echo);
    for (const auto& [what, n] : report.counts)
      counts[what] += n;
    records += report.records;
    acknowledged += report.acknowledged;
    INFO("replay: LOGLINE_SIM_SEED="
         << seed << " LOGLINE_SIM_SEEDS=1 LOGLINE_SIM_TRACE=1 test_sim_node \"one node under seeds\"\n"
         << options.text() << "\n"
         << report.tail << report.findings.text());
    CHECK(report.findings.empty());
  }
  fmt::print("{} seeds: {} records, {} acknowledged\n", seeds, records, acknowledged);
  for (const auto& [what, n] : counts)
    fmt::print("  {:<24} {}\n", what, n);
  CHECK(records > 0);
  CHECK(acknowledged > 0);
  if (seeds < seeds_of_a_half) return;
  // A simulator that never meets what it is for proves nothing.
  for (const char* what : {"power cut at a write", "power cut at a step", "killed at a write", "killed at a step",
                           "failing disk", "full disk", "disk floor", "flips refused", "snapshots compared"}) {
    INFO(what);
    CHECK(counts[what] > 0);
  }
  CHECK(counts["power cut at a write"] + counts["power cut at a step"] + counts["killed at a write"] +
            counts["killed at a step"] >=
        seeds / 2);
}

}  // namespace

// Tagged with what the checkers of the simulation would miss first.
TEST_CASE("one node under seeds", "[JRN-01][JRN-02][JRN-03][JRN-08][ENG-01][ENG-03][REP-04][TSK-14][MIR-01][MIR-04]") {
  run_seeds(from_environment("LOGLINE_SIM_SEED", 1), from_environment("LOGLINE_SIM_SEEDS", seeds_of_a_half));
}
