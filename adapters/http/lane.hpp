#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/http/answerer.hpp"
#include "adapters/http/http_counters.hpp"
#include "adapters/http/options.hpp"
#include "adapters/http/routes.hpp"

namespace logline::http {

class session;

/// What all lanes of a server share.
struct common {
  common(server_options o, actors::door& door, entity_catalogue catalogue);

  const server_options options;
  const entity_catalogue types;
  services handlers;
  http_counters counters;
  std::atomic<std::size_t> connections{0};  ///< served and refused ones
  std::atomic<std::size_t> refusals{0};
  std::atomic<std::size_t> buffered_bytes{0};
  std::atomic<bool> draining{false};
  std::atomic<bool> stopped{false};

  std::mutex guard;
  std::condition_variable all_closed;  ///< told when connections comes to 0
};

/// One thread's share of the connections. Everything but put() and report() is called on that thread.
class lane final : public mailbox, public std::enable_shared_from_this<lane> {
 public:
  explicit lane(std::shared_ptr<common> shared);
  ~lane() override;

  boost::asio::io_context& io() { return io_; }
  /// Serves until the context is stopped.
  void run();
  /// Cuts what is left. After run() has returned, and no other lane runs.
  void finish();

  void adopt(boost::asio::ip::tcp::socket socket);
  void drain();
  void forget(std::uint64_t session);

  /// Any thread. Wakes the lane's thread once per burst of answers.
  void put(std::uint64_t session, std::uint64_t request, response answer) override;
  void report(std::string_view trace_id, const core::failure& fault) override;

  /// The sweep after which so much time has passed for certain: deadlines are counted in sweeps, no clock is asked.
  std::uint64_t sweep_after(core::duration_us time) const;
  std::uint64_t sweep() const { return sweep_; }
  std::string new_request_id();
  /// For the Date field; as of the last sweep.
  const std::string& date() const { return date_; }
  common& shared() { return *shared_; }

 private:
  void schedule_sweep();
  void deliver();

  std::shared_ptr<common> shared_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::uint64_t sweep_ = 0;
  std::string date_;
  std::mt19937_64 draws_{std::random_device{}()};

  std::uint64_t last_session_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<session>> sessions_;

  struct letter {
    std::uint64_t session;
    std::uint64_t request;
    response answer;
  };
  std::mutex guard_;
  std::vector<letter> letters_;
};

}  // namespace logline::http
