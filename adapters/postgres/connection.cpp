#include "adapters/postgres/connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "domain/core/bytes.hpp"
#include "domain/core/invariant.hpp"

namespace logline::postgres {

using journal::errc;
using journal::error;

namespace {

constexpr std::size_t message_bytes_max = 300;

/// libpq ends its messages with a line end, and may put several lines into one.
std::string one_line(const char* message) {
  std::string out{message == nullptr ? "" : message};
  std::replace(out.begin(), out.end(), '\n', ' ');
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return core::excerpt(out, message_bytes_max);
}

/// What the schema's own checks raise (sql/001_ledger.sql).
errc code_of(std::string_view state) {
  if (state == "LL001") return errc::position_gap;
  if (state == "LL002" || state == "LL003") return errc::chain_broken;
  return errc::store_failed;
}

int milliseconds_of(core::duration_us d) {
  return static_cast<int>(std::clamp<std::int64_t>(d.us / 1'000, 0, 3'600'000));
}

/// False when nothing happened in time.
bool poll_socket(PGconn* conn, bool writable, core::duration_us wait) {
  pollfd one{PQsocket(conn), static_cast<short>(writable ? POLLIN | POLLOUT : POLLIN), 0};
  int ready = 0;
  do
    ready = ::poll(&one, 1, milliseconds_of(wait));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

journal::outcome check_url(const std::string& url) {
  char* why = nullptr;
  auto* const options = PQconninfoParse(url.c_str(), &why);
  PQfreemem(why);
  if (options == nullptr) return error{errc::bad_encoding, "is not a PostgreSQL URL", {}};
  bool has_password = false;
  for (const auto* o = options; o->keyword != nullptr; ++o)
    has_password = has_password || (std::string_view{o->keyword} == "password" && o->val != nullptr);
  PQconninfoFree(options);
  if (has_password) return error{errc::bad_encoding, "must hold no password: name a password file", {}};
  return core::done{};
}

rows::rows(pg_result* owned) : result_(owned) {}
rows::~rows() {
  PQclear(result_);
}
rows::rows(rows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
rows& rows::operator=(rows&& other) noexcept {
  std::swap(result_, other.result_);
  return *this;
}

std::size_t rows::size() const {
  return static_cast<std::size_t>(PQntuples(result_));
}
std::uint64_t rows::touched() const {
  const std::string_view tag = PQcmdTuples(result_);
  std::uint64_t n = 0;
  std::from_chars(tag.data(), tag.data() + tag.size(), n);
  return n;
}
bool rows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_, static_cast<int>(row), static_cast<int>(column)) != 0;
}
std::string_view rows::text(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  return {PQgetvalue(result_, r, c), static_cast<std::size_t>(PQgetlength(result_, r, c))};
}
std::int64_t rows::integer(std::size_t row, std::size_t column) const {
  const auto digits = text(row, column);
  std::int64_t n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return n;
}
std::string rows::bytes(std::size_t row, std::size_t column) const {
  auto hex = text(row, column);
  if (hex.starts_with("\\x")) hex.remove_prefix(2);
  auto raw = core::from_hex(hex);
  return raw ? *std::move(raw) : std::string{};
}

std::string bytea_text(std::string_view raw) {
  return "\\x" + core::to_hex(raw);
}

void connection::closer::operator()(pg_conn* c) const {
  PQfinish(c);
}

journal::result<connection> connection::open(const server_address& to, std::string_view application) {
  const std::string name{application};
  // A peer that went away without a word is noticed within seconds, not by TCP's own two hours.
  const std::array keys{"dbname",
                        "application_name",
                        "keepalives_idle",
                        "keepalives_interval",
                        "keepalives_count",
                        "tcp_user_timeout",
                        "client_encoding",
                        to.password.empty() ? nullptr : "password",
                        static_cast<const char*>(nullptr)};
  const std::array values{to.url.c_str(),
                          name.c_str(),
                          "5",
                          "2",
                          "3",
                          "15000",
                          "UTF8",
                          to.password.c_str(),
                          static_cast<const char*>(nullptr)};
  connection out{std::unique_ptr<pg_conn, closer>{PQconnectStartParams(keys.data(), values.data(), 1)}, to.patience};
  auto* const conn = out.conn_.get();
  LL_INVARIANT(conn != nullptr, "libpq has no memory for {}", "a connection");
  if (PQstatus(conn) == CONNECTION_BAD) return out.lost("connecting");
  const core::duration_us patience{std::min(to.patience.us, core::seconds(5).us)};
  for (auto want = PGRES_POLLING_WRITING; want != PGRES_POLLING_OK; want = PQconnectPoll(conn)) {
    if (want == PGRES_POLLING_FAILED) return out.lost("connecting");
    if (!poll_socket(conn, want == PGRES_POLLING_WRITING, patience))
      return error{errc::store_failed, "connecting: the server does not answer", {}};
  }
  // Messages are for the log: what the server has to say beside errors is not.
  PQsetNoticeProcessor(
      conn, [](void*, const char*) {}, nullptr);
  PQsetnonblocking(conn, 1);
  return out;
}

bool connection::is_open() const {
  return conn_ != nullptr && PQstatus(conn_.get()) == CONNECTION_OK;
}
int connection::server_version() const {
  return PQserverVersion(conn_.get()) / 10'000;
}

bool connection::wait_for(bool writable) {
  return poll_socket(conn_.get(), writable, patience_);
}

error connection::lost(std::string_view doing) {
  state_.clear();
  return {errc::store_failed, fmt::format("{}: {}", doing, one_line(PQerrorMessage(conn_.get()))), {}};
}

error connection::refused(const pg_result* answer) {
  const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  if (state == nullptr) return lost("asking the server");
  state_ = state;
  // Class 22 quotes the value it does not like.
  const bool may_quote = state_.starts_with("22");
  const std::string message =
      may_quote ? "a value does not fit" : one_line(PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY));
  return {code_of(state_), fmt::format("{} (SQLSTATE {})", message, state_), {}};
}

journal::outcome connection::push() {
  for (;;) {
    const int left = PQflush(conn_.get());
    if (left == 0) return core::done{};
    if (left < 0) return lost("sending");
    if (!wait_for(true)) {
      conn_.reset();
      return error{errc::store_failed, "sending: the server does not answer", {}};
    }
    if (PQconsumeInput(conn_.get()) == 0) return lost("sending");
  }
}

journal::result<rows> connection::finish(bool sent) {
  if (!sent) return lost("sending");
  if (auto pushed = push(); !pushed) return std::move(pushed).error();
  std::optional<rows> last;
  std::optional<error> failed;
  for (;;) {
    while (PQisBusy(conn_.get()) != 0) {
      if (!wait_for(false)) {
        // The answer may come later, and would be taken for another statement's.
        conn_.reset();
        return error{errc::store_failed, "the server does not answer", {}};
      }
      if (PQconsumeInput(conn_.get()) == 0) return lost("waiting for the server");
    }
    pg_result* const answer = PQgetResult(conn_.get());
    if (answer == nullptr) break;
    const auto status = PQresultStatus(answer);
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
    rows kept{answer};
    if (!good && !failed) failed = refused(answer);
    if (status == PGRES_COPY_IN) return kept;
    last = std::move(kept);
  }
  if (failed) return *std::move(failed);
  if (!last) return lost("asking the server");
  return *std::move(last);
}

journal::result<rows> connection::run(const std::string& sql) {
  return finish(PQsendQuery(conn_.get(), sql.c_str()) == 1);
}

journal::result<rows> connection::run(const std::string& sql, std::span<const argument> with, bool binary_answer) {
  std::vector<const char*> values;
  for (const auto& one : with)
    values.push_back(one ? one->c_str() : nullptr);
  return finish(PQsendQueryParams(conn_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                  nullptr, nullptr, binary_answer ? 1 : 0) == 1);
}

journal::result<std::uint64_t> connection::copy_in(const std::string& sql, std::string_view data) {
  auto begun = run(sql);
  if (!begun) return std::move(begun).error();
  constexpr std::size_t piece_bytes = std::size_t{256} << 10;
  while (!data.empty()) {
    const auto piece = data.substr(0, piece_bytes);
    const int taken = PQputCopyData(conn_.get(), piece.data(), static_cast<int>(piece.size()));
    if (taken < 0) return lost("copying");
    if (taken == 1) data.remove_prefix(piece.size());
    if (auto pushed = push(); !pushed) return std::move(pushed).error();
  }
  auto done = finish(PQputCopyEnd(conn_.get(), nullptr) == 1);
  if (!done) return std::move(done).error();
  return done->touched();
}

journal::result<std::optional<std::string>> connection::next_notification(core::duration_us wait) {
  for (bool waited = false;; waited = true) {
    if (PQconsumeInput(conn_.get()) == 0) return lost("listening");
    if (auto* const came = PQnotifies(conn_.get()); came != nullptr) {
      std::optional<std::string> payload{came->extra};
      PQfreemem(came);
      return payload;
    }
    if (waited || !poll_socket(conn_.get(), false, wait)) return std::optional<std::string>{};
  }
}

std::string connection::quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name)
    out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace logline::postgres
