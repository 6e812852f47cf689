// PERF-9: how long after kill -9 does a node serve again, and does that depend on the length of the log?
#include <algorithm>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "bench/support/child_process.hpp"
#include "bench/support/engine.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"

namespace {

using namespace logline;

constexpr std::size_t distinct_payloads = 16'384;
constexpr double patience_seconds = 3'600;

struct question {
  std::uint64_t records = 1'000'000;
  std::size_t entities = 1'000;
  std::string child_directory;
  bool build = false;
};

/// What happens in a child: it never closes its log, it is killed.
[[noreturn]] void wait_for_the_end() {
  for (;;)
    ::pause();
}

[[noreturn]] void build(const question& q) {
  constexpr std::size_t in_flight = 8'192;
  const bench::payloads from{distinct_payloads};
  bench::engine node{q.child_directory, {}};
  bench::command_source commands{from, q.entities};
  bench::closed_loop loop{in_flight};
  loop.run_count(q.records, [&](std::size_t slot) {
    node.door().submit(commands.next(), actors::reply<actors::command_reply>{
                                            [&loop, slot](const core::result<actors::command_reply>& said) {
                                              if (!said) bench::give_up("a command was refused: " + said.error().code);
                                              loop.ended(slot);
                                            }});
  });
  std::puts("built");
  std::fflush(stdout);
  wait_for_the_end();
}

/// Opens what was killed, and says when it was open and when the first command was durable, in microseconds.
[[noreturn]] void serve(const question& q) {
  const bench::payloads from{64};
  bench::command_source commands{from, q.entities, static_cast<std::uint64_t>(::getpid())};
  journal::open_report report;
  const auto begin = bench::clock::now();
  bench::engine node{q.child_directory, {}, {}, &report};
  const double open_us = bench::seconds_since(begin) * 1e6;
  bench::closed_loop loop{1};
  loop.run_count(1, [&](std::size_t slot) {
    node.door().submit(commands.next(), actors::reply<actors::command_reply>{
                                            [&loop, slot](const core::result<actors::command_reply>& said) {
                                              if (!said) bench::give_up("a command was refused: " + said.error().code);
                                              loop.ended(slot);
                                            }});
  });
  std::printf("%.0f %.0f %llu %llu %llu\n", open_us, bench::seconds_since(begin) * 1e6,
              static_cast<unsigned long long>(report.head.value), static_cast<unsigned long long>(report.tail_records),
              static_cast<unsigned long long>(report.derived_records));
  std::fflush(stdout);
  wait_for_the_end();
}

/// Out of the page cache with everything that is on the disk already.
void forget(const std::filesystem::path& directory) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 || ::fsync(file) != 0 || ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0)
      bench::give_up("cannot empty the page cache");
    ::close(file);
  }
}

void answer(const bench::options& o, const question& q) {
  const bench::machine m{o.directory};
  const bench::scratch directory{o, "restart"};
  const std::string entities = std::to_string(q.entities);
  {
    bench::child_process builder{
        bench::own_program(),
        {"--build", "--child", directory.path(), "--records", std::to_string(q.records), "--entities", entities}};
    builder.read_line(patience_seconds);
    builder.end(SIGKILL);
  }
  for (const bool cold : {false, true}) {
    bench::contender served, opened;
    double head = 0, tail = 0, derived = 0;
    for (std::size_t round = 0; round < o.rounds; ++round) {
      if (cold) forget(directory.path());
      bench::child_process child{bench::own_program(), {"--child", directory.path(), "--entities", entities}};
      double open_us = 0, serve_us = 0;
      const std::string line = child.read_line(patience_seconds);
      if (std::sscanf(line.c_str(), "%lf %lf %lf %lf %lf", &open_us, &serve_us, &head, &tail, &derived) != 5)
        bench::give_up("a restarted node said " + line);
      child.end(SIGKILL);
      bench::measurement one, open;
      one.value = serve_us / 1e3;
      open.value = open_us / 1e3;
      served.add(std::move(one));
      opened.add(std::move(open));
    }
    bench::parameters p;
    p.add("cache", cold ? "cold" : "warm").add("records", static_cast<double>(q.records));
    p.add("entities", static_cast<double>(q.entities)).add("head", head).add("tail_records", tail);
    p.add("derived_records", derived).add("open_ms", opened.value()).add("rounds", static_cast<double>(o.rounds));
    bench::print({"restart", p, "ms", served}, m);
  }
}

}  // namespace

int main(int argc, char** argv) {
  question q;
  const auto o = bench::parse_options(argc, argv, "Serving again after kill -9 (PERF-9).", [&](CLI::App& app) {
    app.add_option("--records", q.records, "in the log");
    app.add_option("--entities", q.entities, "that they belong to, each with its snapshots");
    app.add_option("--child", q.child_directory, "for its own use")->group("");
    app.add_flag("--build", q.build, "for its own use")->group("");
  });
  if (q.child_directory.empty()) {
    answer(o, q);
  } else if (q.build) {
    build(q);
  } else {
    serve(q);
  }
}
