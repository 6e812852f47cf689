#include "adapters/http/lane.hpp"

#include <ctime>

#include <boost/asio/post.hpp>

#include "actors/clock.hpp"
#include "adapters/http/session.hpp"

namespace logline::http {

namespace {

/// RFC 9110 §5.6.7; the C locale's names are the English ones it wants, and nothing here sets another.
std::string http_date() {
  const std::time_t seconds = static_cast<std::time_t>(actors::wall_clock().us / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

common::common(server_options o, actors::door& door, entity_catalogue catalogue)
    : options(std::move(o)),
      types(std::move(catalogue)),
      handlers{door, types, options.limits, options.backups,
               [this] { return counters.text(connections.load(), buffered_bytes.load()); }} {}

lane::lane(std::shared_ptr<common> shared) : shared_(std::move(shared)), date_(http_date()) {}
lane::~lane() = default;

void lane::run() {
  timer_.expires_after(std::chrono::microseconds{shared_->options.limits.sweep.us});
  schedule_sweep();
  io_.run();
}

void lane::finish() {
  while (!sessions_.empty()) {
    const auto open = sessions_.begin()->second;
    open->cut();
  }
  timer_.cancel();
  // What was cancelled holds sessions, and they hold the lane: let it run out.
  io_.restart();
  while (io_.poll() != 0) {
  }
}

void lane::schedule_sweep() {
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    ++sweep_;
    date_ = http_date();
    // A session may leave the table while it looks at its deadline.
    std::vector<std::shared_ptr<session>> open;
    open.reserve(sessions_.size());
    for (const auto& [id, s] : sessions_)
      open.push_back(s);
    for (const auto& s : open)
      s->look_at_deadline();
    timer_.expires_after(std::chrono::microseconds{shared_->options.limits.sweep.us});
    schedule_sweep();
  });
}

std::uint64_t lane::sweep_after(core::duration_us time) const {
  const std::int64_t sweep = shared_->options.limits.sweep.us;
  // The current sweep's interval is already under way: one more makes sure of the whole time.
  return sweep_ + static_cast<std::uint64_t>((time.us + sweep - 1) / sweep) + 1;
}

void lane::adopt(boost::asio::ip::tcp::socket socket) {
  if (shared_->stopped) return;
  const auto& limits = shared_->options.limits;
  const std::size_t before = shared_->connections.fetch_add(1);
  const std::uint64_t id = ++last_session_;
  const bool over = before >= limits.connections + shared_->refusals.load();
  const auto made = std::make_shared<session>(shared_from_this(), id, std::move(socket), over);
  sessions_.emplace(id, made);
  if (!over) return made->start();
  shared_->counters.count_refused_connection();
  if (shared_->refusals.fetch_add(1) < limits.refusals) return made->turn_away();
  made->cut();
}

void lane::forget(std::uint64_t id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  if (found->second->is_refused()) shared_->refusals.fetch_sub(1);
  sessions_.erase(found);
  if (shared_->connections.fetch_sub(1) != 1) return;
  const std::lock_guard lock{shared_->guard};
  shared_->all_closed.notify_all();
}

void lane::drain() {
  std::vector<std::shared_ptr<session>> open;
  for (const auto& [id, s] : sessions_)
    open.push_back(s);
  for (const auto& s : open)
    s->drain();
}

void lane::put(std::uint64_t session, std::uint64_t request, response answer) {
  const std::lock_guard lock{guard_};
  letters_.push_back({session, request, std::move(answer)});
  if (letters_.size() == 1)
    boost::asio::post(io_, [self = weak_from_this()] {
      if (const auto alive = self.lock()) alive->deliver();
    });
}

void lane::deliver() {
  std::vector<letter> letters;
  {
    const std::lock_guard lock{guard_};
    letters.swap(letters_);
  }
  for (auto& l : letters) {
    const auto found = sessions_.find(l.session);
    if (found == sessions_.end()) continue;
    const auto addressee = found->second;
    addressee->answer(l.request, std::move(l.answer));
  }
}

void lane::report(std::string_view trace_id, const core::failure& fault) {
  if (shared_->options.on_fault) shared_->options.on_fault(trace_id, fault);
}

std::string lane::new_request_id() {
  const auto a = draws_();
  return core::make_uuid7(actors::wall_clock().us / 1'000, a, draws_()).text();
}

}  // namespace logline::http
