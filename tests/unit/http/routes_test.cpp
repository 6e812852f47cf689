#include <catch2/catch.hpp>

#include "domain/core/bytes.hpp"
#include "journal/merkle.hpp"
#include "tests/unit/http/listener.hpp"
#include "tests/unit/http/sample_records.hpp"

using namespace logline;
using fixtures::listener;

namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("a command is handed on once, with all that was said of it") {
  listener server;
  const auto answer = server.ask(listener::post(
      "/v2/entities/acme/account/a/b%2Dc/add?expected_eseq=4", R"({"amount":5})",
      "Idempotency-Key: k-1\r\nX-Correlation-Id: 01890a5d-ac96-774b-bcce-b302099a8057\r\nX-Request-Id: my id\r\n"
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        R"({"position":{"partition":0,"gseq":7},"eseq":2,"events":[{"name":"added"}],"reply":{"total":5}})");
  CHECK(answer.header("x-request-id") == "my id");
  CHECK(answer.header("idempotency-replayed").empty());
  CHECK(answer.header("cache-control") == "no-store");
  CHECK(answer.header("x-content-type-options") == "nosniff");
  CHECK(answer.header("date").size() == 29);

  const auto commands = server.door.commands();
  REQUIRE(commands.size() == 1);
  const auto& c = commands.front();
  CHECK(c.to.text() == "acme/account/a/b-c");
  CHECK(c.principal.value == "founder");
  CHECK(c.idempotency_key == "k-1");
  CHECK(c.expected == core::eseq{4});
  CHECK(c.correlation_id.text() == "01890a5d-ac96-774b-bcce-b302099a8057");
  CHECK(c.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(static_cast<const fixtures::add*>(c.command.body.get())->amount == 5);
  CHECK(c.request_digest == core::sha256("POST acme/account/a/b-c/add\n{\"amount\":5}"));
}

TEST_CASE("the request digest covers method, path and body, and not how they were written") {
  listener server;
  for (const auto* path :
       {"/v2/entities/acme/account/a/add", "/v2/entities/acme/account/%61/add", "/v2/entities/acme/account/b/add"})
    server.ask(listener::post(path, R"({"amount":1})"));
  server.ask(listener::post("/v2/entities/acme/account/a/add", R"({"amount":2})"));
  const auto commands = server.door.commands();
  REQUIRE(commands.size() == 4);
  CHECK(commands[0].request_digest == commands[1].request_digest);
  CHECK(commands[0].request_digest != commands[2].request_digest);
  CHECK(commands[0].request_digest != commands[3].request_digest);
}

TEST_CASE("a replayed answer says so and is the same otherwise") {
  listener server;
  const auto request = listener::post("/v2/entities/acme/account/a/add", R"({"amount":5})", "Idempotency-Key: k\r\n");
  const auto first = server.ask(request);
  auto replayed = *server.door.says;
  replayed.replayed = true;
  server.door.says = replayed;
  const auto second = server.ask(request);
  CHECK(second.header("idempotency-replayed") == "true");
  CHECK(second.body == first.body);
  CHECK(second.status == first.status);
}

TEST_CASE("queries are asked by GET and by POST") {
  listener server;
  server.door.says = actors::command_reply{{}, core::eseq{2}, {}, core::to_shown_msgpack(fixtures::total_reply{5})};
  const std::string expected = R"({"position":{"partition":0,"gseq":0},"eseq":2,"events":[],"reply":{"total":5}})";
  CHECK(server.ask(listener::get("/v2/entities/acme/account/a/read_total")).body == expected);
  CHECK(server.ask(listener::post("/v2/entities/acme/account/a/read_total", "")).body == expected);
  const auto commands = server.door.commands();
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].command.is_query);
  CHECK(commands[1].command.is_query);
}

TEST_CASE("an entity is shown as it is and as it was") {
  listener server;
  const auto answer = server.ask(listener::get("/v2/entities/acme/account/a"));
  CHECK(answer.status == 200);
  CHECK(answer.member("eseq") == "2");
  CHECK(answer.member("hash") == core::sha256("hash").hex());
  CHECK(answer.member("state") == R"({"total":0,"additions":0,"rings":0,"added_at":[]})");
  server.ask(listener::get("/v2/entities/acme/account/a/b?at=eseq:3"));
  server.ask(listener::get("/v2/entities/acme/account/a?at=gseq:4"));
  server.ask(listener::get("/v2/entities/acme/account/a?at=2026-01-01T01:00:00%2B01:00"));
  server.ask(listener::get("/v2/entities/acme/account/x/history/show"));
  const auto shown = server.door.shown();
  REQUIRE(shown.size() == 5);
  CHECK(std::holds_alternative<actors::as_of_now>(shown[0].second));
  CHECK(shown[1].first.key == "a/b");
  CHECK(std::get<core::eseq>(shown[1].second) == core::eseq{3});
  CHECK(std::get<core::gseq>(shown[2].second) == core::gseq{4});
  CHECK(std::get<core::timestamp>(shown[3].second) == core::timestamp{1'767'225'600'000'000});
  CHECK(shown[4].first.key == "x/history");  // a key that ends like an operation is reached by naming the operation
  server.door.view = core::not_found("no such entity");
  CHECK(server.ask(listener::get("/v2/entities/acme/account/a")).status == 404);
}

TEST_CASE("history comes in pages") {
  listener server;
  fixtures::fill_account(*server.door.log, "a", 5);
  const auto first = server.ask(listener::get("/v2/entities/acme/account/a/history?limit=2"));
  CHECK(first.status == 200);
  CHECK(first.member("next_from") == "3");
  CHECK(
      first.body.find(R"("gseq":1,"eseq":1,"tenant":"acme","type":"account","key":"a","event":"added","version":1)") !=
      std::string::npos);
  CHECK(first.body.find(R"("payload":{"amount":2,"payload":{}}})") != std::string::npos);
  const auto last = server.ask(listener::get("/v2/entities/acme/account/a/history?from=5"));
  CHECK(last.member("next_from") == "null");
  CHECK(last.body.find(R"("payload":{"amount":5)") != std::string::npos);
  CHECK(server.ask(listener::get("/v2/entities/acme/account/a/history?from=6")).member("events") == "[]");
  CHECK(server.ask(listener::get("/v2/entities/acme/account/none/history")).status == 404);
}

TEST_CASE("a page stops at its bytes as well, and the next goes on there") {
  auto limits = fixtures::patient_limits();
  limits.answer_bytes = 1'000;
  listener server{limits};
  fixtures::fill_account(*server.door.log, "a", 5);
  std::size_t pages = 0, events = 0;
  for (std::string from = "1"; from != "null"; ++pages) {
    const auto page = server.ask(listener::get("/v2/entities/acme/account/a/history?from=" + from));
    CHECK(page.member("events").find("\"eseq\":" + from + ",") != std::string::npos);
    for (std::size_t at = 0; (at = page.body.find("\"event\":", at)) != std::string::npos; ++at)
      ++events;
    from = page.member("next_from");
  }
  CHECK(pages > 1);
  CHECK(events == 5);
  const auto first = lines(server.ask(listener::get("/v2/log")).body);
  CHECK(first.size() < 5);
  CHECK(lines(server.ask(listener::get("/v2/log?from=" + std::to_string(first.size() + 1))).body)
            .front()
            .starts_with("{\"gseq\":" + std::to_string(first.size() + 1) + ","));
}

TEST_CASE("the directory comes in pages that a cursor continues") {
  listener server;
  for (const auto* key : {"a", "b", "c"})
    server.door.entries.push_back({*core::make_address("acme", "account", key), core::eseq{1}, core::gseq{2}});
  server.door.entries.push_back({*core::make_address("other", "account", "a"), core::eseq{1}, core::gseq{3}});
  const auto first = server.ask(listener::get("/v2/entities?tenant=acme&limit=2"));
  CHECK(first.member("entities") == R"([{"tenant":"acme","type":"account","key":"a","eseq":1,"gseq":2},)"
                                    R"({"tenant":"acme","type":"account","key":"b","eseq":1,"gseq":2}])");
  const auto second =
      server.ask(listener::get("/v2/entities?tenant=acme&limit=2&cursor=" + first.member("next_cursor")));
  CHECK(second.member("entities") == R"([{"tenant":"acme","type":"account","key":"c","eseq":1,"gseq":2}])");
  CHECK(second.member("next_cursor") == "null");
}

TEST_CASE("the log is read as NDJSON, with head, proofs and checkpoint") {
  listener server;
  CHECK(server.ask(listener::get("/v2/log/head")).member("at") == "null");
  fixtures::fill_account(*server.door.log, "a", 5);
  const auto head = server.ask(listener::get("/v2/log/head"));
  CHECK(head.member("gseq") == "5");
  CHECK(head.member("root") == server.door.log->head().root.hex());
  CHECK(head.member("chain") == server.door.log->head().chain.hex());

  const auto records = server.ask(listener::get("/v2/log?from=2&limit=3"));
  CHECK(records.header("content-type") == "application/x-ndjson");
  REQUIRE(lines(records.body).size() == 3);
  CHECK(lines(records.body)[0].starts_with(R"({"gseq":2,)"));
  CHECK(server.ask(listener::get("/v2/log?from=6")).body.empty());

  const auto proof = server.ask(listener::get("/v2/log/proof?gseq=2&tree_size=4"));
  REQUIRE(proof.status == 200);
  std::vector<core::digest> path;
  const auto hex = proof.member("path");
  for (std::size_t at = 2; at + 64 <= hex.size(); at += 67)
    path.push_back(core::digest::from(*core::from_hex(hex.substr(at, 64))));
  CHECK(path.size() == 2);
  const auto digest = [&](const char* name) { return core::digest::from(*core::from_hex(proof.member(name))); };
  CHECK(journal::verify_inclusion(1, 4, digest("leaf"), path, digest("root")));
  CHECK(digest("root") == *server.door.log->root_at(4));
  CHECK(server.ask(listener::get("/v2/log/proof?gseq=5")).member("tree_size") == "5");
  CHECK(server.ask(listener::get("/v2/log/proof?gseq=5&tree_size=6")).status == 404);

  const auto checkpoint = server.ask(listener::get("/v2/log/checkpoint"));
  CHECK(checkpoint.header("content-type") == "text/plain; charset=utf-8");
  CHECK(checkpoint.body.starts_with("logline/local/0\n5\n"));

  const auto state = server.ask(listener::get("/v2/log/state"));
  CHECK(state.body == R"({"gseq":5,"chain":")" + head.member("chain") + R"(","root":")" + head.member("root") +
                          R"(","entities":1,"state":")" + core::sha256("state").hex() + R"("})");
}

TEST_CASE("a webhook delivery goes to its connector as the bytes that were signed") {
  listener server;
  server.door.says = actors::command_reply{
      core::gseq{1}, core::eseq{1}, {"delivery_received"}, core::document_from_json(R"({"accepted":true})")->msgpack};
  std::string body = "{\"raw\": \xff\x00}";
  body[9] = '\0';
  const auto delivery = [&](const std::string& lines) {
    return "POST /webhook/acme/git HTTP/1.1\r\nHost: h\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + lines + "\r\n" + body;
  };
  const auto accepted =
      server.ask(delivery("X-Twice: a\r\nX-Twice: b\r\nAuthorization: Bearer secret\r\nCookie: secret\r\n"));
  CHECK(accepted.status == 202);
  CHECK(accepted.body == R"({"accepted":true})");
  const auto commands = server.door.commands();
  REQUIRE(commands.size() == 1);
  CHECK(commands[0].to.text() == "acme/connector/git");
  CHECK(commands[0].principal.value == "webhook");
  const auto& received = *static_cast<const fixtures::receive*>(commands[0].command.body.get());
  CHECK(received.body.data == body);
  CHECK(received.headers.at("x-hub-signature-256") == "sha256=00");
  CHECK(received.headers.at("x-twice") == "a, b");
  CHECK(received.received_at.has_value());
  CHECK(received.headers.count("authorization") == 0);
  CHECK(received.headers.count("cookie") == 0);

  auto duplicate = *server.door.says;
  duplicate.events.clear();
  server.door.says = duplicate;
  CHECK(server.ask(delivery("")).status == 200);
  server.door.says = core::failure{core::failure_kind::unauthorized, "SIGNATURE_INVALID", "no"};
  CHECK(server.ask(delivery("")).member("code") == "SIGNATURE_INVALID");
  std::string many;
  for (int i = 0; i < 64; ++i)
    many += "X-" + std::to_string(i) + ": a\r\n";
  CHECK(server.ask(delivery(many)).status == 431);
  CHECK(server.door.commands().size() == 3);
}

TEST_CASE("the node says how it is, without a token") {
  listener server;
  const auto get = [&](const std::string& path) { return server.ask("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n"); };
  CHECK(get("/healthz").body == R"({"status":"alive","origin":"local.1"})");
  CHECK(get("/readyz").body == R"({"status":"ready"})");
  const auto figures = get("/metrics");
  CHECK(figures.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(figures.body.find("# HELP logline_commands_total Commands\\ndecided.\n# TYPE logline_commands_total "
                          "counter\nlogline_commands_total 3\n") != std::string::npos);
  CHECK(
      figures.body.find("# TYPE journal_files gauge\njournal_files{level=\"0\"} 1\njournal_files{level=\"1\"} 2.5\n") !=
      std::string::npos);
  CHECK(figures.body.find("api_requests_total{route=\"/healthz\",method=\"GET\",code=\"200\"} 1\n") !=
        std::string::npos);
  CHECK(figures.body.find("api_http_duration_ms_bucket{route=\"/readyz\",le=\"+Inf\"} 1\n") != std::string::npos);
  server.door.is_ready = core::unavailable("draining");
  CHECK(get("/readyz").status == 503);
  CHECK(get("/healthz").status == 200);
}

TEST_CASE("types come with the schemas of what they take and say") {
  listener server;
  const auto answer = server.ask(listener::get("/v2/types"));
  CHECK(answer.status == 200);
  CHECK(answer.body.find(R"("name":"account")") != std::string::npos);
  CHECK(answer.body.find(R"("amount":{"type":"integer","description":"how much","minimum":-1000,"maximum":1000})") !=
        std::string::npos);
  CHECK(answer.body.find(R"("queries":[{"name":"read_total")") != std::string::npos);
}

TEST_CASE("HEAD is GET without the body") {
  listener server;
  fixtures::raw_client client{server.port};
  client.send("HEAD /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.read(false);
  CHECK(head.status == 200);
  const auto whole = client.read();
  CHECK(whole.status == 200);
  CHECK(head.header("content-length") == std::to_string(whole.body.size()));
}
