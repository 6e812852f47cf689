#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/unit/http/listener.hpp"

using namespace logline;
using fixtures::listener;

namespace {

struct bad {
  std::string what;
  std::string request;
  int status;
  std::string code;
  std::string path = {};  ///< of the first detail, where one must be named
};

const std::string add = "/v2/entities/acme/account/a/add";

std::vector<bad> bodies() {
  const std::string deep = R"({"amount":1,"payload":)" + std::string(70, '[') + std::string(70, ']') + "}";
  return {
      {"malformed JSON", listener::post(add, R"({"amount":)"), 400, "INVALID_INPUT", "/"},
      {"text after the JSON", listener::post(add, R"({"amount":1} x)"), 400, "INVALID_INPUT", "/"},
      {"NaN", listener::post(add, R"({"amount":NaN})"), 400, "INVALID_INPUT", "/"},
      {"invalid UTF-8", listener::post(add, "{\"amount\":1,\"payload\":\"\xff\"}"), 400, "INVALID_INPUT", "/"},
      {"nested too deep", listener::post(add, deep), 400, "INVALID_INPUT", "/"},
      {"no object", listener::post(add, "[1]"), 400, "INVALID_INPUT", "/"},
      {"duplicate key", listener::post(add, R"({"amount":1,"amount":2})"), 400, "INVALID_INPUT", "/amount"},
      {"duplicate key below", listener::post(add, R"({"amount":1,"payload":{"a":1,"a":2}})"), 400, "INVALID_INPUT",
       "/payload"},
      {"unknown field", listener::post(add, R"({"amount":1,"extra":2})"), 400, "INVALID_INPUT", "/extra"},
      {"wrong type", listener::post(add, R"({"amount":"1"})"), 400, "INVALID_INPUT", "/amount"},
      {"out of range", listener::post(add, R"({"amount":1001})"), 400, "INVALID_INPUT", "/amount"},
      {"missing field", listener::post(add, "{}"), 400, "INVALID_INPUT", "/amount"},
      {"missing field of no body", listener::post(add, ""), 400, "INVALID_INPUT", "/amount"},
  };
}

std::vector<bad> addresses() {
  return {
      {"unknown type", listener::post("/v2/entities/acme/nothing/a/add", "{}"), 404, "UNKNOWN_TYPE"},
      {"unknown command", listener::post("/v2/entities/acme/account/a/remove", "{}"), 404, "UNKNOWN_COMMAND"},
      {"no command", listener::post("/v2/entities/acme/account/a", "{}"), 404, "NOT_FOUND"},
      {"bad tenant", listener::post("/v2/entities/Acme/account/a/add", "{}"), 400, "INVALID_INPUT", "/tenant"},
      {"bad type", listener::post("/v2/entities/acme/Account/a/add", "{}"), 400, "INVALID_INPUT", "/type"},
      {"bad key", listener::post("/v2/entities/acme/account/a%20b/add", "{}"), 400, "INVALID_INPUT", "/key"},
      {"empty key", listener::post("/v2/entities/acme/account//add", "{}"), 400, "INVALID_INPUT", "/key"},
      {"long key", listener::post("/v2/entities/acme/account/" + std::string(129, 'k') + "/add", "{}"), 400,
       "INVALID_INPUT", "/key"},
      {"dots", listener::post("/v2/entities/acme/account/../add", "{}"), 400, "INVALID_INPUT", "/path"},
      {"encoded dots", listener::post("/v2/entities/acme/account/%2e%2e/add", "{}"), 400, "INVALID_INPUT", "/path"},
      {"encoded slash", listener::post("/v2/entities/acme/account/a%2fb/add", "{}"), 400, "INVALID_INPUT", "/path"},
      {"encoded twice", listener::post("/v2/entities/acme/account/a%252fb/add", "{}"), 400, "INVALID_INPUT", "/key"},
      {"NUL", listener::post("/v2/entities/acme/account/a%00b/add", "{}"), 400, "INVALID_INPUT", "/path"},
      {"line end", listener::post("/v2/entities/acme/account/a%0d%0aX:y/add", "{}"), 400, "INVALID_INPUT", "/path"},
      {"unknown route", listener::get("/v3/entities"), 404, "NOT_FOUND"},
      {"wrong method", listener::post("/v2/log/head", "{}"), 405, "METHOD_NOT_ALLOWED"},
      {"unknown query", listener::get("/v2/entities/acme/account/a/nothing"), 0, ""},
  };
}

std::vector<bad> headers() {
  const auto with = [](const std::string& lines) { return listener::post(add, R"({"amount":1})", lines); };
  return {
      {"empty key", with("Idempotency-Key:\r\n"), 400, "INVALID_INPUT", "/headers/idempotency-key"},
      {"key with a space", with("Idempotency-Key: a b\r\n"), 400, "INVALID_INPUT", "/headers/idempotency-key"},
      {"key not ASCII", with("Idempotency-Key: \xc3\xa9\r\n"), 400, "INVALID_INPUT", "/headers/idempotency-key"},
      {"long key", with("Idempotency-Key: " + std::string(256, 'k') + "\r\n"), 400, "INVALID_INPUT",
       "/headers/idempotency-key"},
      {"two keys", with("Idempotency-Key: a\r\nIdempotency-Key: a\r\n"), 400, "INVALID_INPUT",
       "/headers/idempotency-key"},
      {"expected eseq is no number", with("X-Expected-Eseq: -1\r\n"), 400, "INVALID_INPUT", "/query/expected_eseq"},
      {"two expected eseq", with("X-Expected-Eseq: 1\r\nX-Expected-Eseq: 1\r\n"), 400, "INVALID_INPUT",
       "/headers/x-expected-eseq"},
      {"expected eseq of two minds",
       listener::post(add + "?expected_eseq=2", R"({"amount":1})", "X-Expected-Eseq: 1\r\n"), 400, "INVALID_INPUT",
       "/query/expected_eseq"},
      {"unknown parameter", listener::post(add + "?expected=2", R"({"amount":1})"), 400, "INVALID_INPUT",
       "/query/expected"},
      {"bad correlation id", with("X-Correlation-Id: 12\r\n"), 400, "INVALID_INPUT", "/headers/x-correlation-id"},
      {"compressed", with("Content-Encoding: gzip\r\n"), 400, "INVALID_INPUT", "/headers/content-encoding"},
      {"two content types", with("Content-Type: text/plain\r\n"), 415, "UNSUPPORTED_MEDIA_TYPE"},
      {"foreign expectation", with("Expect: the-unexpected\r\n"), 417, "EXPECTATION_FAILED"},
      {"form",
       "POST " + add +
           " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer founder-token\r\n"
           "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\namount=1",
       415, "UNSUPPORTED_MEDIA_TYPE"},
      {"body without a type",
       "POST " + add +
           " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer founder-token\r\n"
           "Content-Length: 2\r\n\r\n{}",
       415, "UNSUPPORTED_MEDIA_TYPE"},
      {"body where none belongs",
       "GET /v2/types HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer founder-token\r\nContent-Length: 2\r\n\r\n{}", 400,
       "INVALID_INPUT"},
  };
}

std::vector<bad> limits() {
  const std::string head =
      "POST " + add +
      " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer founder-token\r\nContent-Type: application/json\r\n";
  std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 17; ++i)
    chunked += "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  return {
      {"body over the limit, announced", head + "Content-Length: 1048577\r\n\r\n", 413, "PAYLOAD_TOO_LARGE"},
      {"body over the limit, in chunks", chunked, 413, "PAYLOAD_TOO_LARGE"},
      {"header block over the limit", listener::post(add, "{}", "X: " + std::string(33'000, 'x') + "\r\n"), 431,
       "HEADERS_TOO_LARGE"},
      {"target over the limit", listener::get("/v2/log?from=" + std::string(8'200, '1')), 414, "URI_TOO_LONG"},
      {"smuggling", head + "Transfer-Encoding: xchunked\r\n\r\n", 400, "INVALID_INPUT"},
      {"no HTTP", "hello\r\n\r\n", 400, "INVALID_INPUT"},
  };
}

std::vector<bad> authorization() {
  const auto with = [](const std::string& lines) {
    return "GET /v2/log/head HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
  };
  return {
      {"nobody", with(""), 401, "UNAUTHORIZED"},
      {"wrong token", with("Authorization: Bearer other\r\n"), 401, "UNAUTHORIZED"},
      {"no token", with("Authorization: Bearer\r\n"), 401, "UNAUTHORIZED"},
      {"two tokens in one", with("Authorization: Bearer founder-token other\r\n"), 401, "UNAUTHORIZED"},
      {"two fields", with("Authorization: Bearer founder-token\r\nAuthorization: Bearer founder-token\r\n"), 401,
       "UNAUTHORIZED"},
      {"unknown scheme", with("Authorization: Basic Zm9vOmJhcg==\r\n"), 400, "INVALID_INPUT", "/headers/authorization"},
  };
}

std::vector<bad> parameters() {
  std::vector<bad> all{
      {"at nothing", listener::get("/v2/entities/acme/account/a?at=yesterday"), 400, "INVALID_INPUT", "/query/at"},
      {"at eseq 0", listener::get("/v2/entities/acme/account/a?at=eseq:0"), 400, "INVALID_INPUT", "/query/at"},
      {"at a bad gseq", listener::get("/v2/entities/acme/account/a?at=gseq:x"), 400, "INVALID_INPUT", "/query/at"},
      {"show with a limit", listener::get("/v2/entities/acme/account/a?limit=1"), 400, "INVALID_INPUT", "/query/limit"},
      {"history with a cursor", listener::get("/v2/entities/acme/account/a/history?cursor=1"), 400, "INVALID_INPUT",
       "/query/cursor"},
      {"query with a field too many", listener::get("/v2/entities/acme/account/a/read_total?x=1"), 400, "INVALID_INPUT",
       "/query/x"},
      {"foreign cursor", listener::get("/v2/entities?cursor=zz"), 400, "INVALID_INPUT", "/query/cursor"},
      {"bad tenant", listener::get("/v2/entities?tenant=A"), 400, "INVALID_INPUT", "/query/tenant"},
      {"empty type", listener::get("/v2/entities?type="), 400, "INVALID_INPUT", "/query/type"},
      {"log from 0", listener::get("/v2/log?from=0"), 400, "INVALID_INPUT", "/query/from"},
      {"proof of nothing", listener::get("/v2/log/proof"), 400, "INVALID_INPUT", "/query/gseq"},
      {"proof in a smaller tree", listener::get("/v2/log/proof?gseq=3&tree_size=2"), 400, "INVALID_INPUT",
       "/query/tree_size"},
      {"proof beyond the end", listener::get("/v2/log/proof?gseq=3"), 404, "NOT_FOUND"},
      {"checkpoint of nothing", listener::get("/v2/log/checkpoint"), 404, "NOT_FOUND"},
      {"head with a parameter", listener::get("/v2/log/head?x=1"), 400, "INVALID_INPUT", "/query/x"},
  };
  for (const auto* path : {"/v2/log?limit=", "/v2/entities?limit=", "/v2/entities/acme/account/a/history?limit="})
    for (const auto* limit : {"0", "-1", "1000000000", "", "ten"})
      all.push_back({path, listener::get(std::string{path} + limit), 400, "INVALID_INPUT", "/query/limit"});
  return all;
}

}  // namespace

TEST_CASE("bad input gets its own code and message, and never reaches an entity", "[ERR-1]") {
  listener server;
  const auto rows = GENERATE(bodies(), addresses(), headers(), limits(), authorization(), parameters());
  for (const auto& row : rows) {
    if (row.status == 0) continue;
    INFO(row.what << ": " << row.request.substr(0, 200));
    const auto answer = server.ask(row.request);
    CHECK(answer.status == row.status);
    CHECK(answer.header("content-type") == "application/json");
    CHECK(answer.member("code") == row.code);
    CHECK_FALSE(answer.member("message").empty());
    CHECK(answer.member("traceId") == answer.header("x-request-id"));
    CHECK(answer.header("x-request-id").size() == 36);
    if (!row.path.empty()) CHECK(answer.member("details").find("\"path\":\"" + row.path + "\"") != std::string::npos);
    if (row.status == 401) CHECK(answer.header("www-authenticate") == "Bearer realm=\"logline\"");
    if (row.status == 405) CHECK(answer.header("allow") == "GET, HEAD");
  }
  CHECK(server.door.commands().empty());
  CHECK(server.door.shown().empty());
}

TEST_CASE("a refused body is not read, and the connection ends cleanly") {
  listener server;
  fixtures::raw_client client{server.port};
  client.send("POST " + add + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'));
  const auto refused = client.read();
  CHECK(refused.status == 401);
  CHECK(refused.header("connection") == "close");
  CHECK(client.at_end());
}

TEST_CASE("a refusal without a body to skip keeps the connection") {
  listener server;
  fixtures::raw_client client{server.port};
  CHECK(client.exchange("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);
  CHECK(client.exchange("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
}

TEST_CASE("problems come in the shape of RFC 9457 on request", "[ERR-1]") {
  listener server;
  const auto answer =
      server.ask("GET /nothing HTTP/1.1\r\nHost: h\r\nAccept: text/html, application/problem+json\r\n\r\n");
  CHECK(answer.header("content-type") == "application/problem+json");
  CHECK(answer.member("title") == "Not Found");
  CHECK(answer.member("status") == "404");
  CHECK(answer.member("detail") == "no such path");
  CHECK(answer.member("code") == "NOT_FOUND");
  CHECK(answer.member("traceId") == answer.header("x-request-id"));
}

TEST_CASE("refusals of the node keep their code and say when to come back", "[ERR-1]") {
  struct row {
    core::failure why;
    int status;
  };
  using kind = core::failure_kind;
  const auto rows = std::vector<row>{
      {core::conflict("no"), 409},
      {{kind::conflict, "IDEMPOTENCY_MISMATCH", "another body"}, 409},
      {{kind::unauthorized, "SIGNATURE_INVALID", "no"}, 401},
      {{kind::forbidden, "FORBIDDEN", "no"}, 403},
      {{kind::too_many, "TOO_MANY", "slow down", {}, 9}, 429},
      {core::overloaded("full", 2), 503},
      {{kind::unavailable, "READ_ONLY", "full disk", {}, 30}, 503},
      {{kind::internal, "JOURNAL_CORRUPT", "damaged"}, 500},
      {core::too_large("big"), 413},
  };
  for (const auto& row : rows) {
    listener server;
    server.door.says = row.why;
    const auto answer = server.ask(listener::post(add, R"({"amount":1})"));
    INFO(row.why.code);
    CHECK(answer.status == row.status);
    CHECK(answer.member("code") == row.why.code);
    CHECK(answer.member("message") == row.why.message);
    const std::string wait = row.why.retry_after_s > 0 ? std::to_string(row.why.retry_after_s) : "";
    CHECK(answer.header("retry-after") == wait);
    CHECK(answer.member("retry_after_s") == wait);
    server.server.stop();
    if (row.why.kind == kind::internal)
      CHECK(server.faults ==
            std::vector<std::pair<std::string, std::string>>{{answer.header("x-request-id"), row.why.code}});
    else
      CHECK(server.faults.empty());
  }
}
