#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace logline::bench {

/// What every benchmark takes from its command line.
struct options {
  std::filesystem::path directory;  ///< where its files go; removed at the end unless it was named
  std::size_t rounds = 5;           ///< of product and baseline in turns
  double seconds = 2;               ///< of one measurement
};

/// Parses the command line, with `more` adding the benchmark's own flags; ends the program on --help and bad usage
/// (64).
options parse_options(int argc, char** argv, const std::string& question, const std::function<void(CLI::App&)>& more);

/// A new directory below options.directory, removed with everything in it when the object goes.
class scratch {
 public:
  scratch(const options& o, const std::string& name);
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Says why on stderr and ends the program with 1: a benchmark that cannot measure prints no figure.
[[noreturn]] void give_up(const std::string& why);

}  // namespace logline::bench
