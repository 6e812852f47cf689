#include "adapters/http/server.hpp"

#include <chrono>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "adapters/http/lane.hpp"
#include "domain/core/bytes.hpp"

namespace logline::http {

using tcp = boost::asio::ip::tcp;

std::function<std::optional<core::principal_id>(std::string_view)> single_token(core::digest token_sha256,
                                                                                core::principal_id who) {
  return [token_sha256, who = std::move(who)](std::string_view token) -> std::optional<core::principal_id> {
    if (!core::equal_in_constant_time(core::sha256(token).view(), token_sha256.view())) return std::nullopt;
    return who;
  };
}

class server::impl {
 public:
  impl(server_options options, actors::door& door, entity_catalogue types)
      : shared_(std::make_shared<common>(std::move(options), door, std::move(types))) {
    for (std::size_t i = 0; i < std::max<std::size_t>(1, shared_->options.io_threads); ++i)
      lanes_.push_back(std::make_shared<lane>(shared_));
    acceptor_.emplace(lanes_.front()->io());
    retry_.emplace(lanes_.front()->io());
  }

  core::result<std::uint16_t> start() {
    LL_INVARIANT(threads_.empty(), "the server was started before");
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(shared_->options.address, error);
    if (error || !address.is_loopback())
      return core::invalid_input("clear text is spoken on loopback only; not a loopback address: " +
                                 core::excerpt(shared_->options.address));
    const tcp::endpoint at{address, shared_->options.port};
    if (const auto opened = open(at))
      return core::unavailable(
          fmt::format("cannot listen on {}:{}: {}", shared_->options.address, shared_->options.port, opened.message()));
    const std::uint16_t port = acceptor_->local_endpoint().port();
    accept();
    for (const auto& l : lanes_) {
      guards_.emplace_back(l->io().get_executor());
      threads_.emplace_back([l] { l->run(); });
    }
    return port;
  }

  bool drain(core::duration_us wait) {
    shared_->draining = true;
    boost::asio::post(lanes_.front()->io(), [this] { close_acceptor(); });
    for (const auto& l : lanes_)
      boost::asio::post(l->io(), [l] { l->drain(); });
    std::unique_lock lock{shared_->guard};
    return shared_->all_closed.wait_for(lock, std::chrono::microseconds{wait.us},
                                        [&] { return shared_->connections == 0; });
  }

  void stop() {
    shared_->stopped = true;
    for (const auto& l : lanes_)
      l->io().stop();
    for (auto& thread : threads_)
      thread.join();
    threads_.clear();
    close_acceptor();
    for (const auto& l : lanes_)
      l->finish();
  }

 private:
  boost::system::error_code open(const tcp::endpoint& at) {
    boost::system::error_code error;
    acceptor_->open(at.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address{true}, error);
    if (!error) acceptor_->bind(at, error);
    if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
    return error;
  }

  void close_acceptor() {
    boost::system::error_code ignored;  // it is closed either way
    acceptor_->close(ignored);
    retry_->cancel(ignored);
  }

  // Connections go to the lanes in turn.
  void accept() {
    const auto to = lanes_[next_++ % lanes_.size()];
    acceptor_->async_accept(to->io(), [this, to](const boost::system::error_code& error, tcp::socket socket) {
      if (!acceptor_->is_open()) return;
      if (error) return pause();
      boost::asio::post(to->io(), [to, s = std::move(socket)]() mutable { to->adopt(std::move(s)); });
      accept();
    });
  }

  // Out of file descriptors, most likely: they come back when connections end, not by asking at once.
  void pause() {
    retry_->expires_after(std::chrono::microseconds{shared_->options.limits.sweep.us});
    retry_->async_wait([this](const boost::system::error_code& error) {
      if (!error && acceptor_->is_open()) accept();
    });
  }

  std::shared_ptr<common> shared_;
  std::vector<std::shared_ptr<lane>> lanes_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<boost::asio::steady_timer> retry_;
  std::size_t next_ = 0;
  std::vector<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
};

server::server(server_options options, actors::door& door, entity_catalogue types)
    : impl_(std::make_unique<impl>(std::move(options), door, std::move(types))) {}
server::~server() {
  stop();
}

core::result<std::uint16_t> server::start() {
  return impl_->start();
}
bool server::drain(core::duration_us wait) {
  return impl_->drain(wait);
}
void server::stop() {
  impl_->stop();
}

}  // namespace logline::http
