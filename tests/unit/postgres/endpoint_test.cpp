#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/postgres/endpoint.hpp"

using namespace logline;
using namespace logline::postgres;

TEST_CASE("which server is in charge outlives the process", "[PGF-03]") {
  std::string pattern = (std::filesystem::temp_directory_path() / "logline-endpoint-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const std::filesystem::path file = std::filesystem::path{pattern} / "postgres.json";
  server_address first, second;
  first.url = "postgresql://a/x";
  second.url = "postgresql://b/x";
  {
    const auto where = endpoint::load({first, second}, file);
    REQUIRE(where);
    CHECK((*where)->current().server.url == first.url);
    CHECK((*where)->current().state.epoch == 0);
    REQUIRE((*where)->choose({1, 7, core::timestamp{1'774'785'600'000'000}}));
    CHECK((*where)->current().server.url == second.url);
  }
  const auto again = endpoint::load({first, second}, file);
  REQUIRE(again);
  CHECK((*again)->current().server.url == second.url);
  CHECK((*again)->current().state.epoch == 7);
  CHECK((*again)->current().state.last_switch == core::timestamp{1'774'785'600'000'000});
  const auto alone = endpoint::load({first}, file);
  REQUIRE_FALSE(alone);
  CHECK(alone.error().message.find("pg.replica_url") != std::string::npos);
  for (const std::string damage :
       {"", "{}", "{\"active\":2,\"epoch\":1,\"last_switch\":\"2026-03-29T12:00:00Z\"}", "[1]"}) {
    std::ofstream{file, std::ios::trunc} << damage;
    CAPTURE(damage);
    CHECK(endpoint::load({first, second}, file).error().code == journal::errc::bad_encoding);
  }
  std::filesystem::remove_all(pattern);
}
