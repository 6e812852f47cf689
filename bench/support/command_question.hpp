#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace logline::bench {

struct command_question {
  std::vector<std::size_t> in_flight;
  std::size_t entities = 1;
};

/// The whole of a benchmark that sends commands in a closed loop: parses the command line, which may change the
/// question, measures in turns with the raw floor, prints. Answers main's result.
int answer_commands(int argc, char** argv, const std::string& about, const std::string& name,
                    command_question question);

}  // namespace logline::bench
