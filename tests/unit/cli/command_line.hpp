#pragma once

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/cli/environment.hpp"
#include "tests/unit/http/listener.hpp"

namespace logline::fixtures {

/// A folder that goes with the object.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logline-cli-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// What a command line came to.
struct told {
  int exit = 0;
  std::string out;
  std::string err;
};

/// Runs `logline` in this process, with its own home and variables.
struct command_line {
  temporary_folder home;
  std::map<std::string, std::string> variables{{"LOGLINE_HOME", home.path().string()}};
  std::string input;

  told run(std::vector<std::string> arguments) const {
    std::istringstream in{input};
    std::ostringstream out, err;
    const cli::environment env{in, out, err, find_account, [this](const char* name) -> std::optional<std::string> {
                                 const auto found = variables.find(name);
                                 return found == variables.end() ? std::nullopt : std::optional{found->second};
                               }};
    std::vector<const char*> argv{"logline"};
    for (const auto& argument : arguments)
      argv.push_back(argument.c_str());
    const int code = cli::run(static_cast<int>(argv.size()), argv.data(), env);
    return {code, out.str(), err.str()};
  }

  /// Against a listener, with its token.
  told ask(const listener& node, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"--url", "http://127.0.0.1:" + std::to_string(node.port), "--token", founder_token});
    return run(std::move(arguments));
  }
};

}  // namespace logline::fixtures
