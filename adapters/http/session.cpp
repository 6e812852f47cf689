#include "adapters/http/session.hpp"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "actors/clock.hpp"
#include "adapters/http/lane.hpp"
#include "adapters/http/problem.hpp"

namespace logline::http {

using tcp = boost::asio::ip::tcp;

session::session(std::shared_ptr<lane> owner, std::uint64_t id, tcp::socket socket, bool refused)
    : owner_(std::move(owner)),
      id_(id),
      refused_(refused),
      socket_(std::move(socket)),
      reader_(owner_->shared().options.limits) {}

session::~session() {
  account(0);
}

void session::start() {
  boost::system::error_code ignored;  // a connection without it is slower, not wrong
  socket_.set_option(tcp::no_delay{true}, ignored);
  deadline_ = owner_->sweep_after(owner_->shared().options.limits.header_timeout);
  if (owner_->shared().draining) drain();
  receive();
}

void session::turn_away() {
  request_id_ = owner_->new_request_id();
  refuse(core::overloaded("too many connections; try again"));
}

void session::cut() {
  phase_ = phase::gone;
  boost::system::error_code ignored;  // there is nobody left to tell
  socket_.close(ignored);
  owner_->forget(id_);
}

void session::receive() {
  if (is_reading_) return;
  is_reading_ = true;
  socket_.async_read_some(boost::asio::buffer(in_), [self = shared_from_this()](const auto& error, std::size_t bytes) {
    self->is_reading_ = false;
    self->on_received(error, bytes);
  });
}

void session::on_received(const boost::system::error_code& error, std::size_t bytes) {
  if (phase_ == phase::gone) return;
  if (phase_ == phase::lingering) return error ? cut() : receive();
  if (phase_ == phase::writing || phase_ == phase::working)
    return;  // a refusal is under way: the rest is read while lingering
  if (error) return cut();
  reader_.feed({in_.data(), bytes});
  account(reader_.held());
  if (owner_->shared().buffered_bytes > owner_->shared().options.limits.buffered_bytes)
    return refuse(core::overloaded("too many requests are being received; try again"));
  pump();
}

void session::account(std::size_t held) {
  auto& all = owner_->shared().buffered_bytes;
  if (held > held_)
    all.fetch_add(held - held_);
  else
    all.fetch_sub(held_ - held);
  held_ = held;
}

void session::pump() {
  for (;;) {
    switch (reader_.advance()) {
      case request_reader::progress::need_more:
        return wait_for_more();
      case request_reader::progress::request:
        return serve();
      case request_reader::progress::refused:
        return refuse(reader_.refusal());
      case request_reader::progress::head:
        if (!open_request()) return;
        break;
    }
  }
}

/// False when the request was refused by its header.
bool session::open_request() {
  const request_head& head = reader_.head();
  const std::string* given = given_request_id(head);
  request_id_ = given != nullptr ? *given : owner_->new_request_id();
  method_ = head.method;
  rfc9457_ = wants_problem_json(head);
  closes_ = !head.keep_alive;
  began_us_ = actors::wall_clock().us;
  const auto& options = owner_->shared().options;
  auto judged = admit(head, options);
  if (judged) {
    admitted_ = *std::move(judged);
    continue_is_due_ = head.expects_continue && head.has_body();
    reader_.accept_body(options.limits.*admitted_->row->body_bytes);
    return true;
  }
  if (head.has_body()) {
    closes_ = true;  // what follows is a body that nobody will read
  } else {
    reader_.accept_body(0);
    LL_INVARIANT(reader_.advance() == request_reader::progress::request, "a request without a body is not complete");
    static_cast<void>(reader_.take());
  }
  response out = problem(judged.error().why, request_id_, rfc9457_);
  for (const auto& h : judged.error().headers)
    out.headers.push_back(h);
  write(std::move(out));
  return false;
}

void session::wait_for_more() {
  const auto& limits = owner_->shared().options.limits;
  switch (reader_.where()) {
    case request_reader::phase::between:
      break;  // its deadline was set when the last answer had left
    case request_reader::phase::header:
      if (phase_ != phase::header) deadline_ = owner_->sweep_after(limits.header_timeout);
      phase_ = phase::header;
      break;
    case request_reader::phase::body:
      if (phase_ != phase::body) body_deadline_ = owner_->sweep_after(limits.body_timeout);
      phase_ = phase::body;
      deadline_ = std::min(owner_->sweep_after(limits.body_idle), body_deadline_);
      break;
  }
  if (std::exchange(continue_is_due_, false)) return invite();
  receive();
}

/// Tells a client that waits for it to send its body (RFC 9110 §10.1.1).
void session::invite() {
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  phase_ = phase::inviting;
  boost::asio::async_write(socket_, boost::asio::buffer(go_on),
                           [self = shared_from_this()](const auto& error, std::size_t) {
                             if (self->phase_ == phase::gone) return;
                             if (error) return self->cut();
                             self->phase_ = phase::body;
                             self->receive();
                           });
}

void session::serve() {
  request got = reader_.take();
  ++request_;
  phase_ = phase::working;
  deadline_ = owner_->sweep_after(owner_->shared().options.limits.request_deadline);
  admitted in = *std::move(admitted_);
  admitted_.emplace().row = in.row;
  in.row->handle(owner_->shared().handlers,
                 call{std::move(got.head), std::move(got.body), std::move(in.where), std::move(in.captures),
                      std::move(in.principal), in.correlation, std::move(in.trace),
                      answerer{std::weak_ptr<mailbox>{owner_}, id_, request_, request_id_, rfc9457_}});
}

void session::answer(std::uint64_t request, response with) {
  if (phase_ == phase::working && request == request_) write(std::move(with));
}

void session::refuse(const core::failure& why) {
  if (request_id_.empty()) request_id_ = owner_->new_request_id();
  closes_ = true;
  const response out = problem(why, request_id_, rfc9457_);  // `why` may be the reader's
  reader_.abandon();
  account(0);
  write(out);
}

void session::look_at_deadline() {
  if (owner_->sweep() < deadline_) return;
  switch (phase_) {
    case phase::waiting:
      return linger();
    case phase::header:
    case phase::body:
      return refuse(request_timeout());
    case phase::working:
      return write(problem(deadline_exceeded(), request_id_, rfc9457_));
    case phase::inviting:
    case phase::writing:
    case phase::lingering:
      return cut();
    case phase::gone:
      return;
  }
}

void session::drain() {
  if (phase_ != phase::waiting) return;
  deadline_ = std::min(deadline_, owner_->sweep_after(owner_->shared().options.limits.drain_grace));
}

void session::write(response with) {
  auto& shared = owner_->shared();
  if (shared.draining) closes_ = true;
  // A read can be asked for again, the answer to a command cannot be made again.
  if (method_ == "GET" && shared.buffered_bytes + with.body.size() > shared.options.limits.buffered_bytes)
    with = problem(core::overloaded("too much is being answered; try again"), request_id_, rfc9457_);
  const route* const row = admitted_ ? admitted_->row : nullptr;
  shared.counters.observe(row != nullptr ? row->pattern : std::string_view{}, method_, with.status,
                          began_us_ == 0 ? 0 : actors::wall_clock().us - began_us_);
  out_ = serialise(with);
  account(held_ + out_.size());
  written_ = 0;
  phase_ = phase::writing;
  write_on();
}

void session::write_on() {
  deadline_ = owner_->sweep_after(owner_->shared().options.limits.write_idle);
  socket_.async_write_some(
      boost::asio::buffer(out_.data() + written_, out_.size() - written_),
      [self = shared_from_this()](const auto& error, std::size_t bytes) { self->on_written(error, bytes); });
}

void session::on_written(const boost::system::error_code& error, std::size_t bytes) {
  if (phase_ == phase::gone) return;
  if (error) return cut();
  written_ += bytes;
  if (written_ < out_.size()) return write_on();
  if (out_.capacity() > in_.size()) out_ = {};
  admitted_.reset();
  request_id_.clear();
  method_.clear();
  began_us_ = 0;
  account(reader_.held());
  if (closes_) return linger();
  phase_ = phase::waiting;
  deadline_ = owner_->sweep_after(owner_->shared().options.limits.idle);
  if (owner_->shared().draining) drain();
  pump();
}

// Closing with unread input sends a reset, which can destroy the answer on its way: end our side, read theirs to its
// end.
void session::linger() {
  boost::system::error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) return cut();
  phase_ = phase::lingering;
  deadline_ = owner_->sweep_after(owner_->shared().options.limits.linger);
  receive();
}

std::string session::serialise(const response& r) const {
  std::string out = fmt::format(
      "HTTP/1.1 {} {}\r\nDate: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nX-Request-Id: {}\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
      "Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'self'\r\n",
      r.status, reason_of(r.status), owner_->date(), r.content_type, r.body.size(), request_id_);
  for (const auto& [name, value] : r.headers)
    out += fmt::format("{}: {}\r\n", name, value);
  if (closes_) out += "Connection: close\r\n";
  out += "\r\n";
  if (method_ != "HEAD") out += r.body;
  return out;
}

}  // namespace logline::http
