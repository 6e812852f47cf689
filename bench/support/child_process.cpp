#include "bench/support/child_process.hpp"

#include <csignal>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/support/measure.hpp"
#include "bench/support/options.hpp"

extern char** environ;

namespace logline::bench {

child_process::child_process(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) give_up("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string name = program;
  std::vector<std::string> owned = arguments;
  std::vector<char*> argv{name.data()};
  for (auto& argument : owned)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int failed = ::posix_spawn(&pid_, name.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  output_ = ends[0];
  if (failed != 0) give_up("cannot start " + name);
}

child_process::~child_process() {
  if (pid_ > 0) end(SIGKILL);
  ::close(output_);
}

std::string child_process::read_line(double seconds) {
  const auto begin = clock::now();
  for (;;) {
    if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    const double left = seconds - seconds_since(begin);
    pollfd waiting{output_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left * 1e3) + 1) < 0)
      give_up("a program said nothing in time");
    if (waiting.revents == 0) continue;
    char bytes[4096];
    const ssize_t count = ::read(output_, bytes, sizeof bytes);
    if (count <= 0) give_up("a program ended before it said anything");
    unread_.append(bytes, static_cast<std::size_t>(count));
  }
}

void child_process::end(int signal) {
  ::kill(pid_, signal);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
}

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace logline::bench
