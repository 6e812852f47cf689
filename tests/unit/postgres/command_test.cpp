#include <catch2/catch.hpp>

#include "adapters/postgres/watch.hpp"

using namespace logline;

TEST_CASE("a command says how it ended, and does not hold up for ever") {
  CHECK(postgres::run_command("exit 0", core::seconds(20)));
  CHECK(postgres::run_command("exit 7", core::seconds(20)).error().message == "ended with 7");
  CHECK(postgres::run_command("kill -9 $$", core::seconds(20)).error().message == "was ended by signal 9");
  CHECK(postgres::run_command("exec sleep 600", core::milliseconds(50)).error().message ==
        "took too long, and was killed");
}
