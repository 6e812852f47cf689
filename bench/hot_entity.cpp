// PERF-3: what one entity takes that everybody writes to. Pipelining must keep it from being bound by the disk's sync.
#include "bench/support/command_question.hpp"

int main(int argc, char** argv) {
  return logline::bench::answer_commands(argc, argv, "Durable commands to one hot entity (PERF-3).", "hot_entity",
                                         {{64, 1024}, 1});
}
