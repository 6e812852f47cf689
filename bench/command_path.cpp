// PERF-2: command → decide → durable → evolve → reply through the actors, in process: how many a second, how long
// does each wait? Against the same payloads written raw.
#include "bench/support/command_question.hpp"

int main(int argc, char** argv) {
  return logline::bench::answer_commands(argc, argv, "Durable commands to many entities (PERF-2).", "command_path",
                                         {{1, 64, 1024}, 1'000});
}
