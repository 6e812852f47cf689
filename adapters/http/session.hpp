#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "adapters/http/gate.hpp"
#include "adapters/http/message.hpp"
#include "adapters/http/request_reader.hpp"

namespace logline::http {

class lane;

/// One connection: reads a request, hands it on, writes its answer, reads the next. Requests that were sent ahead wait
/// their turn in the reader, so answers leave in order. Lives on its lane's thread.
///
///   waiting ─▶ header ─▶ body ─▶ working ─▶ writing ─┬─▶ waiting
///      └──────────┴────────┴──────── refusal ──▶─────┴─▶ lingering ─▶ gone
class session : public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<lane> owner, std::uint64_t id, boost::asio::ip::tcp::socket socket, bool refused);
  ~session();

  void start();
  /// Says OVERLOADED to whatever comes, and closes.
  void turn_away();
  void answer(std::uint64_t request, response with);
  void look_at_deadline();
  void drain();
  /// Closes at once.
  void cut();
  bool is_refused() const { return refused_; }

 private:
  enum class phase { waiting, header, body, inviting, working, writing, lingering, gone };

  void receive();
  void on_received(const boost::system::error_code& error, std::size_t bytes);
  void account(std::size_t held);
  void pump();
  bool open_request();
  void wait_for_more();
  void invite();
  void serve();
  void refuse(const core::failure& why);
  void write(response with);
  void write_on();
  void on_written(const boost::system::error_code& error, std::size_t bytes);
  void linger();
  std::string serialise(const response& r) const;

  std::shared_ptr<lane> owner_;
  const std::uint64_t id_;
  const bool refused_;
  boost::asio::ip::tcp::socket socket_;
  request_reader reader_;
  phase phase_ = phase::waiting;
  std::uint64_t deadline_ = 0;  // in sweeps
  std::uint64_t body_deadline_ = 0;
  bool is_reading_ = false;
  bool closes_ = false;  // after the answer that is being made
  bool continue_is_due_ = false;
  std::array<char, 16 * 1024> in_;
  std::string out_;
  std::size_t written_ = 0;
  std::size_t held_ = 0;

  // of the request that is being read or worked on
  std::uint64_t request_ = 0;
  std::string request_id_;
  std::string method_;
  bool rfc9457_ = false;
  std::int64_t began_us_ = 0;
  std::optional<admitted> admitted_;
};

}  // namespace logline::http
