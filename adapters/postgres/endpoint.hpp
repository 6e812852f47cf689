#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/failover.hpp"

namespace logline::postgres {

/// Which server the mirror writes to at the moment: told by the watch, asked by the mirror, kept in a file so that a
/// restarted node does not go back to an old primary (PGF-03). Any thread.
class endpoint {
 public:
  /// One or two servers. The file need not be there. Errors: bad_encoding for one that is not ours, store_failed.
  static journal::result<std::shared_ptr<endpoint>> load(std::vector<server_address> servers,
                                                         std::filesystem::path file);

  struct choice {
    server_address server;
    failover_state state;
  };
  choice current() const;
  const server_address& server(std::uint64_t index) const { return servers_.at(index); }
  bool has_other() const { return servers_.size() > 1; }

  /// Durable when it returns; the old choice stands where that fails. Errors: store_failed.
  journal::outcome choose(const failover_state& state);

 private:
  endpoint(std::vector<server_address> servers, std::filesystem::path file, failover_state state)
      : servers_(std::move(servers)), file_(std::move(file)), state_(state) {}

  const std::vector<server_address> servers_;
  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  failover_state state_;
};

}  // namespace logline::postgres
