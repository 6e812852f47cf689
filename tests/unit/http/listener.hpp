#pragma once

#include <string>

#include "adapters/http/server.hpp"
#include "tests/unit/http/fake_connector.hpp"
#include "tests/unit/http/fake_door.hpp"
#include "tests/unit/http/raw_client.hpp"

namespace logline::fixtures {

inline const std::string founder_token = "founder-token";

inline http::entity_catalogue test_catalogue() {
  static const core::entity_type* const types[] = {find_account("account"), &fake_connector()};
  return {[] { return std::span<const core::entity_type* const>{types}; },
          [](std::string_view name) -> const core::entity_type* {
            for (const auto* type : types)
              if (type->name() == name) return type;
            return nullptr;
          }};
}

/// Limits as in production, but for waits that a test would have to sit through.
inline http::server_limits patient_limits() {
  http::server_limits limits;
  limits.sweep = core::milliseconds(5);
  return limits;
}

/// A server on a free port in front of a fake door.
struct listener {
  explicit listener(http::server_limits limits = patient_limits(), std::size_t io_threads = 1)
      : server(options(limits, io_threads, *this), door, test_catalogue()) {
    auto started = server.start();
    REQUIRE(started);
    port = *started;
  }

  static http::server_options options(http::server_limits limits, std::size_t io_threads, listener& self) {
    http::server_options out;
    out.port = 0;
    out.io_threads = io_threads;
    out.authenticate = http::single_token(core::sha256(founder_token), core::principal_id{"founder"});
    out.on_fault = [&self](std::string_view trace_id, const core::failure& fault) {
      self.faults.emplace_back(std::string{trace_id}, fault.code);
    };
    out.limits = limits;
    return out;
  }

  /// On a connection of its own.
  raw_response ask(std::string_view request) {
    raw_client client{port};
    return client.exchange(request);
  }
  /// A request with the founder's token.
  static std::string get(std::string_view path, std::string_view headers = {}) {
    return "GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + founder_token + "\r\n" +
           std::string{headers} + "\r\n";
  }
  static std::string post(std::string_view path, std::string_view body, std::string_view headers = {}) {
    return "POST " + std::string{path} + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + founder_token +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string{headers} + "\r\n" + std::string{body};
  }

  std::vector<std::pair<std::string, std::string>> faults;
  fake_door door;
  http::server server;
  std::uint16_t port = 0;
};

}  // namespace logline::fixtures
