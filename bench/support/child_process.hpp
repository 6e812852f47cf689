#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace logline::bench {

/// Another program with its standard output in our hands. Killed with -9 when the object goes, if it still runs.
class child_process {
 public:
  child_process(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  pid_t pid() const { return pid_; }
  /// Its next line of output, without the end; ends this program when there is none within `seconds`.
  std::string read_line(double seconds);
  /// Sends the signal and waits until it has ended.
  void end(int signal);

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string unread_;
};

/// This very program's file.
std::filesystem::path own_program();

}  // namespace logline::bench
