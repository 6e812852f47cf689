#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "adapters/http/request_reader.hpp"

using namespace logline;
using progress = http::request_reader::progress;

namespace {

const http::server_limits limits;

/// Reads everything in pieces of `piece` bytes: the requests, and the refusal that ended it, if one did.
struct reading {
  std::vector<http::request> requests;
  std::string refusal;
};
reading read_in_pieces(const std::string& bytes, std::size_t piece, std::size_t body_max = 1'000) {
  http::request_reader reader{limits};
  reading out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(std::string_view{bytes}.substr(at, piece));
    for (bool more = true; more;) {
      switch (reader.advance()) {
        case progress::need_more:
          more = false;
          break;
        case progress::head:
          reader.accept_body(body_max);
          break;
        case progress::request:
          out.requests.push_back(reader.take());
          break;
        case progress::refused:
          out.refusal = reader.refusal().code;
          return out;
      }
    }
  }
  return out;
}

std::string refusal_of(const std::string& bytes) {
  return read_in_pieces(bytes, bytes.size()).refusal;
}

/// However its bytes are cut.
void check_refused(const std::vector<std::string>& requests) {
  for (const auto& bytes : requests) {
    INFO(bytes);
    CHECK(refusal_of(bytes) == "INVALID_INPUT");
    CHECK(read_in_pieces(bytes, 1).refusal == "INVALID_INPUT");
  }
}

}  // namespace

TEST_CASE("requests are the same however their bytes are cut") {
  const std::string bytes =
      "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /b?x=1 HTTP/1.1\r\nhOsT: h\r\nContent-Length: 5\r\n\r\nhello"
      "\r\n"  // some clients end a body with an empty line
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
      "Chunked\r\n\r\n3;e=\"v\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: t\r\n\r\n"
      "POST /d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET http://other:81/e?y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO("pieces of " << piece);
    const auto got = read_in_pieces(bytes, piece);
    REQUIRE(got.refusal.empty());
    REQUIRE(got.requests.size() == 5);
    CHECK(got.requests[0].head.target == "/a");
    CHECK(got.requests[1].body == "hello");
    CHECK(*got.requests[1].head.find("host") == "h");
    CHECK(got.requests[2].body == "abc0123456789");
    CHECK(got.requests[2].head.find("x-t") == nullptr);  // a trailer is no header
    CHECK(got.requests[3].body.empty());
    CHECK(got.requests[4].head.target == "/e?y");
    CHECK_FALSE(got.requests[4].head.keep_alive);
  }
}

TEST_CASE("what lets requests be smuggled is refused") {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::vector<std::string> refused{
      post + "Transfer-Encoding: xchunked\r\n\r\n",
      post + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      post + "Transfer-Encoding: chunked, chunked\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
      post + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
      post + "Transfer-Encoding : chunked\r\n\r\n",
      post + "Transfer-Encoding\r\n : chunked\r\n\r\n",
      post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
      post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
      post + "Content-Length: 1, 1\r\n\r\na",
      post + "Content-Length: +2\r\n\r\nab",
      post + "Content-Length: -1\r\n\r\n",
      post + "Content-Length: 0x2\r\n\r\nab",
      post + "Content-Length: 2 \t3\r\n\r\nab",
      post + "Content-Length:\r\n\r\n",
      post + "Content-Length: 99999999999999999999999\r\n\r\n",
      post + "Host: other\r\nContent-Length: 0\r\n\r\n",
      post + "X-Folded: a\r\n b\r\n\r\n",
      post + "X-Folded: a\r\n\tb\r\n\r\n",
      post + "X-Nul: a" + std::string(1, '\0') + "b\r\n\r\n",
      post + "X-Bare: a\nX-Other: b\r\n\r\n",
      post + "X-Bare: a\rb\r\n\r\n",
      post + " X-Space: a\r\n\r\n",
      post + "X Space: a\r\n\r\n",
      post + ": a\r\n\r\n",
      post + "NoColon\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
      "GET / HTTP/0.9\r\nHost: h\r\n\r\n",
      "GET / http/1.1\r\nHost: h\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /\t HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
      "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(1, '\0') + "\r\n\r\n",
      "garbage\r\n\r\n",
  };
  check_refused(refused);
}

TEST_CASE("a chunked body that can be read in two ways is refused") {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string many_trailers;
  for (int i = 0; i < 40; ++i)
    many_trailers += "a: b\r\n";
  check_refused({
      post + "0x3\r\nabc\r\n0\r\n\r\n",
      post + "+3\r\nabc\r\n0\r\n\r\n",
      post + "3 \r\nabc\r\n0\r\n\r\n",
      post + "\r\nabc\r\n0\r\n\r\n",
      post + "3\nabc\r\n0\r\n\r\n",
      post + "3\r\nabcd\r\n0\r\n\r\n",
      post + "3\r\nabc\n0\r\n\r\n",
      post + "fffffffffffffffff\r\n",
      post + "3;" + std::string(2'000, 'x') + "\r\nabc\r\n0\r\n\r\n",
      post + "0\r\n" + many_trailers + "\r\n",
  });
}

TEST_CASE("header block, target and body have limits") {
  const std::string host = "Host: h\r\n";
  const auto with_header = [&](std::size_t bytes) {
    return "GET / HTTP/1.1\r\n" + host + "X: " + std::string(bytes, 'x') + "\r\n\r\n";
  };
  const std::size_t room = limits.header_bytes - with_header(0).size();
  CHECK(refusal_of(with_header(room)).empty());
  CHECK(refusal_of(with_header(room + 1)) == "HEADERS_TOO_LARGE");
  CHECK(refusal_of("GET / HTTP/1.1\r\n" + std::string(limits.header_bytes, 'x')) ==
        "HEADERS_TOO_LARGE");  // without an end
  const auto with_target = [&](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'x') + " HTTP/1.1\r\n" + host + "\r\n";
  };
  CHECK(refusal_of(with_target(limits.target_bytes)).empty());
  CHECK(refusal_of(with_target(limits.target_bytes + 1)) == "URI_TOO_LONG");
  const std::string post = "POST / HTTP/1.1\r\n" + host;
  CHECK(refusal_of(post + "Content-Length: 1000\r\n\r\n").empty());
  CHECK(refusal_of(post + "Content-Length: 1001\r\n\r\n") == "PAYLOAD_TOO_LARGE");
  const std::string chunks = post + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1'000, 'b') + "\r\n";
  CHECK(refusal_of(chunks + "0\r\n\r\n").empty());
  CHECK(refusal_of(chunks + "1\r\n") == "PAYLOAD_TOO_LARGE");
}

TEST_CASE("the reader knows where in a request it is") {
  http::request_reader reader{limits};
  CHECK(reader.where() == http::request_reader::phase::between);
  reader.feed("POST / HTTP/1.1\r\n");
  CHECK(reader.advance() == progress::need_more);
  CHECK(reader.where() == http::request_reader::phase::header);
  reader.feed("Host: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  REQUIRE(reader.advance() == progress::head);
  CHECK(reader.head().expects_continue);
  reader.accept_body(10);
  reader.feed("a");
  CHECK(reader.advance() == progress::need_more);
  CHECK(reader.where() == http::request_reader::phase::body);
  CHECK(reader.held() == 1);
  reader.feed("bX");
  REQUIRE(reader.advance() == progress::request);
  CHECK(reader.take().body == "ab");
  CHECK(reader.where() == http::request_reader::phase::header);
}
