#pragma once

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "domain/core/json.hpp"

namespace logline::fixtures {

/// A response as it came over the wire.
struct raw_response {
  int status = 0;  ///< 0: the connection ended before there was one
  std::map<std::string, std::string> headers;
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
  /// A top-level member of a JSON body: text as it is, anything else as JSON.
  std::string member(std::string_view name) const {
    struct visitor final : core::source::member_visitor {
      bool member(std::string_view key, const core::source& child) override {
        if (key == wanted)
          found = child.type() == core::source::kind::text ? std::string{child.text()}
                                                           : core::json_text(child.to_msgpack());
        return true;
      }
      std::string_view wanted;
      std::string found;
    } each;
    each.wanted = name;
    const auto parsed = core::read_json(body, [&](const core::source& root) { root.each_member(each); });
    REQUIRE(parsed);
    return each.found;
  }
};

/// A connection on which tests say exactly what they like.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    REQUIRE(socket_ >= 0);
    // A server that never answers fails the test instead of hanging it.
    const timeval patience{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~raw_client() { close(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  /// What cannot be sent because the server has closed is not an error: the answer tells.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The next response; of a HEAD request it has no body.
  raw_response read(bool has_body = true) {
    raw_response out;
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return out;
    parse_head(in_.substr(0, end), out);
    in_.erase(0, end + 4);
    if (!has_body || out.status == 100) return out;
    const auto size = std::stoul("0" + out.header("content-length"));
    while (in_.size() < size)
      if (!fill()) break;
    out.body = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }
  raw_response exchange(std::string_view request) {
    send(request);
    return read();
  }
  /// Whether the server has ended the connection and said nothing more before.
  bool at_end() { return in_.empty() && !fill(); }

 private:
  bool fill() {
    char buffer[16 * 1024];
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got > 0) in_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }
  static void parse_head(const std::string& head, raw_response& out) {
    out.status = std::stoi(head.substr(head.find(' ') + 1));
    for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
      const auto colon = head.find(':', at);
      std::string name = head.substr(at + 2, colon - at - 2);
      for (char& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const auto line_end = std::min(head.find("\r\n", colon), head.size());
      out.headers[name] = head.substr(colon + 2, line_end - colon - 2);
    }
  }

  int socket_;
  std::string in_;
};

}  // namespace logline::fixtures
