#include <catch2/catch.hpp>

#include <csignal>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

#include "domain/core/result.hpp"

using namespace logline;

namespace {

/// Whether the function ends the process by abort; it runs in a child that prints nothing here.
template <class F>
bool aborts(F&& run) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(STDERR_FILENO);
    ::signal(SIGABRT, SIG_DFL);
    run();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("a result is a value or the reason why there is none") {
  const core::result<int> good{7};
  CHECK(good);
  CHECK(*good == 7);
  const core::result<int> bad{core::not_found("no such thing")};
  CHECK_FALSE(bad.has_value());
  CHECK(bad.error().code == "NOT_FOUND");
  core::result<std::unique_ptr<int>> owned{std::make_unique<int>(3)};
  CHECK(*std::move(owned).value() == 3);
}

TEST_CASE("reading the wrong side of a result ends the program") {
  CHECK(aborts([] { static_cast<void>(core::result<int>{core::not_found("x")}.value()); }));
  CHECK(aborts([] { static_cast<void>(core::result<int>{1}.error()); }));
  CHECK_FALSE(aborts([] { static_cast<void>(core::result<int>{1}.value()); }));
}

TEST_CASE("a broken invariant ends the program in every build") {
  CHECK(aborts([] { LL_INVARIANT(1 + 1 == 3, "{} and {}", 1, 1); }));
  CHECK_FALSE(aborts([] { LL_INVARIANT(1 + 1 == 2, "{}", 0); }));
}
