#include <catch2/catch.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/http/listener.hpp"

using namespace logline;
using fixtures::listener;
using fixtures::raw_client;

namespace {

const std::string alive = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string add = listener::post("/v2/entities/acme/account/a/add", R"({"amount":1})");

/// Each wait that the case is about is short; all others are as in production.
http::server_limits limits_with(core::duration_us http::server_limits::*wait, std::int64_t ms = 30) {
  auto limits = fixtures::patient_limits();
  limits.*wait = core::milliseconds(ms);
  return limits;
}

}  // namespace

TEST_CASE("requests sent ahead are answered in order on one connection") {
  listener server;
  raw_client client{server.port};
  std::string burst;
  for (int i = 0; i < 50; ++i)
    burst += listener::post("/v2/entities/acme/account/" + std::to_string(i) + "/add", R"({"amount":1})",
                            "X-Request-Id: " + std::to_string(i) + "\r\n");
  client.send(burst + alive);
  for (int i = 0; i < 50; ++i)
    CHECK(client.read().header("x-request-id") == std::to_string(i));
  CHECK(client.read().member("status") == "alive");
  const auto commands = server.door.commands();
  REQUIRE(commands.size() == 50);
  CHECK(commands[7].to.key == "7");
}

TEST_CASE("a request that comes byte by byte is understood") {
  listener server;
  raw_client client{server.port};
  for (const char c : add)
    client.send({&c, 1});
  CHECK(client.read().status == 200);
  CHECK(server.door.commands().size() == 1);
}

TEST_CASE("answers come from other threads, whenever they are ready") {
  listener server{fixtures::patient_limits(), 2};
  server.door.holds_back = true;
  raw_client first{server.port};
  raw_client second{server.port};
  first.send(add);
  auto first_answer = server.door.take_held();
  second.send(add);
  auto second_answer = server.door.take_held();
  second_answer.deliver(core::conflict("second"));
  CHECK(second.read().member("message") == "second");
  first_answer.deliver(core::conflict("first"));
  CHECK(first.read().member("message") == "first");
}

TEST_CASE("an answer for a connection that is gone is dropped") {
  listener server;
  server.door.holds_back = true;
  std::optional<raw_client> client{std::in_place, server.port};
  client->send(add);
  auto answer = server.door.take_held();
  client.reset();
  answer.deliver(core::conflict("nobody hears this"));
  CHECK(server.ask(alive).status == 200);
}

TEST_CASE("an answer for a server that is gone is dropped") {
  fixtures::fake_door door;
  door.holds_back = true;
  actors::reply<actors::command_reply> late;
  {
    http::server_options options;
    options.port = 0;
    options.authenticate = [](std::string_view) { return core::principal_id{"anyone"}; };
    http::server server{std::move(options), door, fixtures::test_catalogue()};
    const auto port = server.start();
    REQUIRE(port);
    raw_client client{*port};
    client.send(add);
    late = door.take_held();
  }
  late.deliver(core::conflict("nobody hears this"));
}

TEST_CASE("a command that nobody answers is answered for") {
  listener server;
  server.door.holds_back = true;
  raw_client client{server.port};
  client.send(add);
  { const auto dropped = server.door.take_held(); }
  const auto answer = client.read();
  CHECK(answer.status == 503);
  CHECK(answer.member("code") == "UNAVAILABLE");
}

TEST_CASE("a command past its deadline is answered DEADLINE_EXCEEDED, and its late answer goes nowhere") {
  listener server{limits_with(&http::server_limits::request_deadline)};
  server.door.holds_back = true;
  raw_client client{server.port};
  client.send(add);
  auto late = server.door.take_held();
  const auto answer = client.read();
  CHECK(answer.status == 504);
  CHECK(answer.member("code") == "DEADLINE_EXCEEDED");
  late.deliver(core::conflict("too late"));
  const auto next = client.exchange(alive);
  CHECK(next.member("status") == "alive");
}

TEST_CASE("a slow header is answered and cut") {
  listener server{limits_with(&http::server_limits::header_timeout)};
  raw_client client{server.port};
  client.send("GET /healthz HTTP/1.1\r\nHost");
  const auto answer = client.read();
  CHECK(answer.status == 408);
  CHECK(answer.member("code") == "REQUEST_TIMEOUT");
  CHECK(answer.header("connection") == "close");
  CHECK(client.at_end());
}

TEST_CASE("a slow body is answered and cut, also one that drips") {
  const auto wait = GENERATE(&http::server_limits::body_idle, &http::server_limits::body_timeout);
  listener server{limits_with(wait)};
  raw_client client{server.port};
  client.send(add.substr(0, add.size() - 3));
  CHECK(client.read().status == 408);
  CHECK(client.at_end());
  CHECK(server.door.commands().empty());
}

TEST_CASE("silent connections are closed without a word") {
  const auto first = limits_with(&http::server_limits::header_timeout);
  SECTION("before the first request") {
    listener server{first};
    raw_client client{server.port};
    CHECK(client.at_end());
  }
  SECTION("between requests") {
    listener server{limits_with(&http::server_limits::idle)};
    raw_client client{server.port};
    CHECK(client.exchange(alive).status == 200);
    CHECK(client.at_end());
  }
  SECTION("empty lines are no requests") {
    listener server{first};
    raw_client client{server.port};
    client.send("\r\n");
    CHECK(client.at_end());
  }
}

TEST_CASE("a reader that takes nothing is cut") {
  auto limits = limits_with(&http::server_limits::write_idle);
  listener server{limits};
  // More than both socket buffers hold.
  server.door.says = actors::command_reply{{}, {}, {}, core::to_shown_msgpack(std::string(32 << 20, 'x'))};
  raw_client client{server.port};
  client.send(add);
  raw_client observer{server.port};
  // The stalled connection is cut when only the observer's is left.
  std::string figures;
  do {
    figures = observer.exchange("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").body;
  } while (figures.find("http_connections 1\n") == std::string::npos);
  CHECK(client.read().body.size() < (32u << 20));
}

TEST_CASE("who waits for it is told to send the body; who may not send it is not") {
  listener server;
  const std::string body = R"({"amount":1})";
  const auto head = [&](std::size_t size, const std::string& token) {
    return "POST /v2/entities/acme/account/a/add HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + token +
           "\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n";
  };
  raw_client client{server.port};
  CHECK(client.exchange(head(body.size(), fixtures::founder_token)).status == 100);
  CHECK(client.exchange(body).status == 200);
  CHECK(client.exchange(head(2 << 20, fixtures::founder_token)).status == 413);
  CHECK(server.ask(head(body.size(), "wrong")).status == 401);
  CHECK(server.door.commands().size() == 1);
}

TEST_CASE("HTTP/1.0 and connection: close end the connection after the answer") {
  listener server;
  for (const auto* request :
       {"GET /healthz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"}) {
    raw_client client{server.port};
    const auto answer = client.exchange(request);
    CHECK(answer.status == 200);
    CHECK(answer.header("connection") == "close");
    CHECK(client.at_end());
  }
}

TEST_CASE("connections over the limit are told so and closed") {
  auto limits = fixtures::patient_limits();
  limits.connections = 2;
  limits.refusals = 1;
  listener server{limits};
  raw_client first{server.port};
  CHECK(first.exchange(alive).status == 200);
  std::optional<raw_client> second{std::in_place, server.port};
  CHECK(second->exchange(alive).status == 200);
  raw_client third{server.port};
  const auto refused = third.read();
  CHECK(refused.status == 503);
  CHECK(refused.member("code") == "OVERLOADED");
  CHECK(refused.header("retry-after") == "1");
  raw_client fourth{server.port};  // while the third lingers
  CHECK(fourth.at_end());
  third.close();
  second.reset();
  // Room again: as soon as the server has seen that they are gone.
  raw_client* again = nullptr;
  std::vector<std::unique_ptr<raw_client>> tries;
  while (again == nullptr) {
    tries.push_back(std::make_unique<raw_client>(server.port));
    if (tries.back()->exchange(alive).status == 200)
      again = tries.back().get();
    else
      tries.back()->close();
  }
  CHECK(first.exchange("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").body.find("http_connections_refused_total 0\n") ==
        std::string::npos);
}

TEST_CASE("requests over the memory bound are refused") {
  auto limits = fixtures::patient_limits();
  limits.buffered_bytes = 100'000;
  listener server{limits};
  raw_client big{server.port};
  big.send(
      "POST /v2/entities/acme/account/a/add HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer founder-token\r\n"
      "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n" +
      std::string(200'000, ' '));
  const auto refused = big.read();
  CHECK(refused.status == 503);
  CHECK(refused.member("code") == "OVERLOADED");
  CHECK(big.at_end());
  big.close();
  CHECK(server.ask(add).status == 200);
}

TEST_CASE("answers count as well: a read over the memory bound is refused, the answer to a command never is") {
  auto limits = fixtures::patient_limits();
  limits.buffered_bytes = 20'000;
  listener server{limits};
  const std::string big(30'000, 'x');
  server.door.view =
      actors::entity_view{core::eseq{1}, core::to_msgpack(std::map<std::string, std::string>{{"x", big}}), {}};
  raw_client client{server.port};
  const auto refused = client.exchange(listener::get("/v2/entities/acme/account/a"));
  CHECK(refused.member("code") == "OVERLOADED");
  server.door.says = actors::command_reply{{}, {}, {}, core::to_shown_msgpack(big)};
  CHECK(client.exchange(add).body.size() > big.size());
  CHECK(client.exchange(alive).status == 200);
  const auto figures = client.exchange("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").body;
  const std::string name = "\nhttp_buffered_bytes ";
  CHECK(std::stoul(figures.substr(figures.find(name) + name.size())) < 1'000);  // of what was, nothing stays counted
}

TEST_CASE("draining finishes what is under way and takes nothing new") {
  listener server{limits_with(&http::server_limits::drain_grace)};
  server.door.holds_back = true;
  raw_client idle{server.port};
  CHECK(idle.exchange(alive).status == 200);
  raw_client busy{server.port};
  busy.send(add);
  auto answer = server.door.take_held();
  CHECK_FALSE(server.server.drain(core::milliseconds(1)));
  CHECK(idle.at_end());
  answer.deliver(core::conflict("done"));
  const auto last = busy.read();
  CHECK(last.member("message") == "done");
  CHECK(last.header("connection") == "close");
  CHECK(busy.at_end());
  busy.close();
  CHECK(server.server.drain(core::seconds(20)));
}

TEST_CASE("the listener speaks clear text on loopback only") {
  fixtures::fake_door door;
  for (const auto* address : {"0.0.0.0", "::", "192.0.2.1", "localhost", ""}) {
    http::server_options options;
    options.address = address;
    options.port = 0;
    http::server server{std::move(options), door, fixtures::test_catalogue()};
    const auto refused = server.start();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "INVALID_INPUT");
  }
}

TEST_CASE("a port that is taken is refused with its reason") {
  listener first;
  http::server_options options;
  options.port = first.port;
  http::server second{std::move(options), first.door, fixtures::test_catalogue()};
  const auto refused = second.start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("Address already in use") != std::string::npos);
}
