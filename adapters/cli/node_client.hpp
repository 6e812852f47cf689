#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/cli/environment.hpp"
#include "adapters/cli/settings.hpp"
#include "domain/core/address.hpp"
#include "domain/core/result.hpp"

namespace logline::cli {

struct node_answer {
  long status = 0;
  std::string body;
};

/// Asks a node over HTTP, one request at a time on one connection.
class node_client {
 public:
  node_client(const settings& s, std::string token, const environment& env);
  ~node_client();
  node_client(const node_client&) = delete;
  node_client& operator=(const node_client&) = delete;

  /// The answer, whatever its status; `unreachable` where there was none.
  core::result<node_answer, trouble> get(const std::string& path);
  core::result<node_answer, trouble> post(const std::string& path, const std::string& json,
                                          const std::vector<std::string>& headers);

 private:
  core::result<node_answer, trouble> perform(const std::string& path, const std::vector<std::string>& headers);

  struct handle;
  std::unique_ptr<handle> handle_;
  const settings& settings_;
  std::string token_;
};

/// The body of an answer that says ok, else what the node said: "CODE: message", and a line for each detail.
core::result<std::string, trouble> accepted(core::result<node_answer, trouble> answer);
/// "CODE: message" and the details of a refusal; tells what is no answer of a node.
std::string refusal_text(long status, std::string_view body);

/// "/v2/entities/TENANT/TYPE/KEY".
std::string entity_path(const core::address& entity);
/// For a path segment or a query value (RFC 3986 §2.1).
std::string percent_encoded(std::string_view text);

/// Hosts that no proxy may stand before, as libcurl wants them.
std::string hosts_without_proxy(const environment& env);

}  // namespace logline::cli
