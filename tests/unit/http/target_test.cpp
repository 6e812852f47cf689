#include <catch2/catch.hpp>

#include "adapters/http/loose_fields.hpp"
#include "adapters/http/target.hpp"

using namespace logline;

TEST_CASE("targets are decoded once") {
  const auto parsed = http::parse_target("/v2/a%2Db/%25/?q=1%202&p=a+b&flag&x=%2B&&e=");
  REQUIRE(parsed);
  CHECK(parsed->segments == std::vector<std::string>{"v2", "a-b", "%", ""});
  REQUIRE(parsed->query.size() == 5);
  CHECK(*parsed->find("q") == "1 2");
  CHECK(*parsed->find("p") == "a b");
  CHECK(parsed->find("flag")->empty());
  CHECK(*parsed->find("x") == "+");
  CHECK(parsed->find("y") == nullptr);
  CHECK(http::parse_target("/")->segments == std::vector<std::string>{""});
}

TEST_CASE("targets that could mean two things are refused") {
  const auto target = GENERATE(as<std::string>{}, "", "v2", "/a/../b", "/a/%2e%2e/b", "/./a", "/a/.", "/a%2fb",
                               "/a%2Fb", "/a%5cb", "/a\\b", "/a%00b", "/a%0d%0ab", "/a%7f", "/a%", "/a%4", "/a%zz",
                               "/a%2", "/a#b", "/a?b#c", "/a?x=1&x=2", "/a?=1", "/a?x=%00", "/a?x=%g0", "/a?%0a=1");
  INFO(target);
  const auto parsed = http::parse_target(target);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == "INVALID_INPUT");
  REQUIRE(parsed.error().details.size() == 1);
}

TEST_CASE("a query has at most 64 parameters") {
  std::string target = "/a?";
  for (int i = 0; i < 64; ++i)
    target += "p" + std::to_string(i) + "=1&";
  CHECK(http::parse_target(target));
  CHECK_FALSE(http::parse_target(target + "last=1"));
}

TEST_CASE("numbers in a query have bounds") {
  const auto limit = [](const std::string& text) {
    const auto parsed = http::parse_target("/a?limit=" + text);
    return http::count_parameter(*parsed, "limit", 1, 1'000, 50);
  };
  CHECK(*limit("1") == 1);
  CHECK(*limit("1000") == 1'000);
  for (const auto* bad :
       {"", "0", "-1", "1001", "1000000000", "99999999999999999999", "1.5", "x", "%201", "1%20", "+1"}) {
    INFO(bad);
    const auto refused = limit(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().details.at(0).path == "/query/limit");
  }
  CHECK(*http::count_parameter(*http::parse_target("/a"), "limit", 1, 1'000, 50) == 50);
}

TEST_CASE("query parameters become fields by their shape") {
  core::type_shape text{.kind = core::source::kind::text};
  core::type_shape number{.kind = core::source::kind::integer};
  core::type_shape shape{.members = {{"name", {}, &text, {}}, {"count", {}, &number, {}}}};
  const std::vector<http::parameter> fields{{"name", "12\""}, {"count", "7"}};
  CHECK(*http::loose_object(shape, fields) == R"({"name":"12\"","count":7})");
  CHECK(*http::loose_object(shape, {}) == "{}");
  const std::vector<http::parameter> unknown{{"other", "1"}};
  CHECK(http::loose_object(shape, unknown).error().details.at(0).path == "/query/other");
  for (const auto* bad : {"", "seven", "7,\"name\":1", "7 8", "{"}) {
    INFO(bad);
    const std::vector<http::parameter> injected{{"count", bad}};
    CHECK_FALSE(http::loose_object(shape, injected));
  }
}
