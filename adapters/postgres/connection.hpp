#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"

struct pg_conn;
struct pg_result;

namespace logline::postgres {

/// How to reach a server.
struct server_address {
  std::string url;       ///< libpq's: postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full&…; without a password
  std::string password;  ///< empty: ~/.pgpass or PGPASSWORD, as libpq looks for it
  core::duration_us patience = core::seconds(60);  ///< without a byte from the server; then the connection is given up
};

/// Refuses what libpq cannot read, and a password: it would be shown wherever the URL is. The message holds neither.
journal::outcome check_url(const std::string& url);

/// What a statement answered. Columns and rows count from 0.
class rows {
 public:
  explicit rows(pg_result* owned);
  ~rows();
  rows(rows&&) noexcept;
  rows& operator=(rows&&) noexcept;

  std::size_t size() const;
  /// Rows that the statement touched, as its tag says ("COPY 17").
  std::uint64_t touched() const;
  bool is_null(std::size_t row, std::size_t column) const;
  /// As PostgreSQL writes it: text, or the bytes of a binary answer. Lives as long as this object.
  std::string_view text(std::size_t row, std::size_t column) const;
  /// 0 for null.
  std::int64_t integer(std::size_t row, std::size_t column) const;
  bool truth(std::size_t row, std::size_t column) const { return text(row, column) == "t"; }
  /// Of a bytea in a text answer.
  std::string bytes(std::size_t row, std::size_t column) const;

 private:
  friend class connection;
  pg_result* result_;
};

/// A statement's argument in PostgreSQL's text form; nothing is NULL.
using argument = std::optional<std::string>;

/// `\x…`, the text form of bytea.
std::string bytea_text(std::string_view raw);

/// One session. Errors carry the server's first line, never its details, which may quote rows; the code is:
/// store_failed unless the server raised one of the mirror's own (see errors of mirror.hpp). After a lost connection
/// everything fails until it is opened anew. By one thread at a time.
class connection {
 public:
  static journal::result<connection> open(const server_address& to, std::string_view application);

  /// Runs one or more statements without arguments; the last one's answer.
  journal::result<rows> run(const std::string& sql);
  /// One statement with $1, $2 …
  journal::result<rows> run(const std::string& sql, std::span<const argument> with, bool binary_answer = false);

  /// One COPY … FROM STDIN (FORMAT binary) with all of its data, header and trailer included; rows taken.
  journal::result<std::uint64_t> copy_in(const std::string& sql, std::string_view data);

  /// The SQLSTATE of the last statement that failed; empty where it was the connection.
  const std::string& state() const { return state_; }
  bool is_open() const;
  /// Major version, 15.
  int server_version() const;
  /// An identifier, quoted.
  static std::string quoted(std::string_view name);

  /// Waits for a notification at most that long; its payload. Nothing when none came.
  journal::result<std::optional<std::string>> next_notification(core::duration_us wait);

 private:
  struct closer {
    void operator()(pg_conn* c) const;
  };
  connection(std::unique_ptr<pg_conn, closer> c, core::duration_us patience)
      : conn_(std::move(c)), patience_(patience) {}

  journal::result<rows> finish(bool sent);
  journal::outcome push();
  bool wait_for(bool writable);
  journal::error lost(std::string_view doing);
  journal::error refused(const pg_result* answer);

  std::unique_ptr<pg_conn, closer> conn_;
  core::duration_us patience_;
  std::string state_;
};

}  // namespace logline::postgres
