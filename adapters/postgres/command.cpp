#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "adapters/postgres/watch.hpp"

namespace logline::postgres {

core::outcome run_command(const std::string& command, core::duration_us at_most) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
  ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);  // stdout is the program's own
  std::string text = command;
  std::array<char, 8> shell{"/bin/sh"};
  std::array<char, 3> flag{"-c"};
  const std::array<char*, 4> argv{shell.data(), flag.data(), text.data(), nullptr};
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, shell.data(), &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return core::unavailable("cannot be started");
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd ended{handle, POLLIN, 0};
  int ready = 0;
  do
    ready = ::poll(&ended, 1, static_cast<int>(at_most.us / 1'000));
  while (ready < 0 && errno == EINTR);
  if (handle >= 0) ::close(handle);
  if (ready <= 0) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (ready <= 0) return core::unavailable("took too long, and was killed");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return core::done{};
  return core::unavailable(WIFEXITED(status) ? fmt::format("ended with {}", WEXITSTATUS(status))
                                             : fmt::format("was ended by signal {}", WTERMSIG(status)));
}

}  // namespace logline::postgres
