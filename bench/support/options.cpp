#include "bench/support/options.hpp"

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "bench/support/child_process.hpp"

namespace logline::bench {

namespace {

constexpr int exit_usage = 64;

// Beside the program: on the same disk as the build, and never in a file system that only lives in memory.
std::filesystem::path default_directory() {
  return own_program().parent_path() / "scratch";
}

}  // namespace

options parse_options(int argc, char** argv, const std::string& question, const std::function<void(CLI::App&)>& more) {
  options out;
  out.directory = default_directory();
  CLI::App app{question};
  app.add_option("--dir", out.directory, "where files go while it runs; its disk is the one that is measured");
  app.add_option("--rounds", out.rounds, "rounds of product and baseline in turns; odd, at least 5 for a claim")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", out.seconds, "of each measurement")->check(CLI::PositiveNumber);
  more(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e) == 0 ? EXIT_SUCCESS : exit_usage);
  }
  return out;
}

scratch::scratch(const options& o, const std::string& name)
    : path_(o.directory / (name + '.' + std::to_string(::getpid()))) {
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

scratch::~scratch() {
  std::error_code ignored;  // what is left of a scratch directory is in nobody's way
  std::filesystem::remove_all(path_, ignored);
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

}  // namespace logline::bench
