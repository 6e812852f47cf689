#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "domain/core/result.hpp"

namespace logline::http {

/// Where answers go that were made on any thread. Outlives its server: then answers are dropped.
class mailbox {
 public:
  virtual ~mailbox() = default;
  virtual void put(std::uint64_t session, std::uint64_t request, response answer) = 0;
  /// The node is at fault; see server_options::on_fault.
  virtual void report(std::string_view trace_id, const core::failure& fault) = 0;
};

/// The right to answer one request. A copyable value; any thread. Only the first answer counts, and none once the
/// request's deadline has passed or its connection is gone.
class answerer {
 public:
  answerer(std::weak_ptr<mailbox> to, std::uint64_t session, std::uint64_t request, std::string trace_id, bool rfc9457)
      : to_(std::move(to)), session_(session), request_(request), trace_id_(std::move(trace_id)), rfc9457_(rfc9457) {}

  void send(response answer) const;
  void fail(const core::failure& why) const;
  const std::string& trace_id() const { return trace_id_; }

 private:
  std::weak_ptr<mailbox> to_;
  std::uint64_t session_;
  std::uint64_t request_;
  std::string trace_id_;
  bool rfc9457_;
};

}  // namespace logline::http
