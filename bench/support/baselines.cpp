#include "bench/support/baselines.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "bench/support/options.hpp"

namespace logline::bench {

measurement append_raw(const std::filesystem::path& directory, const payloads& from, std::size_t in_flight,
                       double seconds) {
  const std::string path = directory / "raw.dat";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (file < 0) give_up("cannot create " + path);
  measurement out;
  std::string batch;
  std::uint64_t records = 0;
  const double cpu_before = cpu_seconds();
  const auto begin = clock::now();
  while (seconds_since(begin) < seconds) {
    const auto handed_over = clock::now();
    batch.clear();
    for (std::size_t i = 0; i < in_flight; ++i) {
      batch += from.json(records + i);
      batch += '\n';
    }
    if (::write(file, batch.data(), batch.size()) != static_cast<ssize_t>(batch.size()) || ::fdatasync(file) != 0)
      give_up("writing " + path + ": " + std::strerror(errno));
    out.latency.add(seconds_since(handed_over) * 1e6, in_flight);
    records += in_flight;
  }
  out.value = static_cast<double>(records) / seconds_since(begin);
  out.cpu_us = (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(records);
  ::close(file);
  std::filesystem::remove(path);
  return out;
}

struct sqlite_log::database {
  explicit database(const std::filesystem::path& directory) {
    const std::string path = directory / "events.db";
    if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) fail("opening");
    run("pragma journal_mode=wal");
    run("pragma synchronous=full");
    run("create table events(id integer primary key autoincrement, stream text not null, payload text not null, "
        "at real default (julianday('now')))");
    begin = prepare("begin immediate");
    insert = prepare("insert into events(stream, payload) values(?, ?)");
    commit = prepare("commit");
  }
  ~database() {
    for (auto* statement : {begin, insert, commit})
      sqlite3_finalize(statement);
    sqlite3_close(db);
  }
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[noreturn]] void fail(const char* what) const {
    give_up(std::string{"SQLite, "} + what + ": " + sqlite3_errmsg(db));
  }
  void run(const char* sql) const {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }
  sqlite3_stmt* prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) fail(sql);
    return statement;
  }
  void step(sqlite3_stmt* statement) const {
    if (sqlite3_step(statement) != SQLITE_DONE) fail("a step");
    sqlite3_reset(statement);
  }
  void append(const payloads& from, std::size_t rows) {
    step(begin);
    for (std::size_t i = 0; i < rows; ++i) {
      const std::string& payload = from.json(inserted++);
      sqlite3_bind_text(insert, 1, "order/1", -1, SQLITE_STATIC);
      sqlite3_bind_text(insert, 2, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
      step(insert);
    }
    step(commit);
  }

  sqlite3* db = nullptr;
  sqlite3_stmt* begin = nullptr;
  sqlite3_stmt* insert = nullptr;
  sqlite3_stmt* commit = nullptr;
  std::uint64_t inserted = 0;
};

sqlite_log::sqlite_log(const std::filesystem::path& directory) : db_(std::make_unique<database>(directory)) {}
sqlite_log::~sqlite_log() = default;

measurement sqlite_log::append(const payloads& from, std::size_t in_flight, double seconds) {
  measurement out;
  std::uint64_t records = 0;
  const double cpu_before = cpu_seconds();
  const auto begin = clock::now();
  while (seconds_since(begin) < seconds) {
    const auto handed_over = clock::now();
    db_->append(from, in_flight);
    out.latency.add(seconds_since(handed_over) * 1e6, in_flight);
    records += in_flight;
  }
  out.value = static_cast<double>(records) / seconds_since(begin);
  out.cpu_us = (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(records);
  return out;
}

void sqlite_log::fill(const payloads& from, std::size_t rows) {
  constexpr std::size_t rows_per_commit = 10'000;
  db_->run("pragma synchronous=off");
  for (std::size_t done = 0; done < rows; done += rows_per_commit)
    db_->append(from, std::min(rows_per_commit, rows - done));
  db_->run("pragma synchronous=full");
}

measurement sqlite_log::scan() {
  sqlite3_stmt* select = db_->prepare("select id, stream, payload from events order by id");
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  const auto begin = clock::now();
  while (sqlite3_step(select) == SQLITE_ROW) {
    ++rows;
    bytes += static_cast<std::uint64_t>(sqlite3_column_bytes(select, 2));
  }
  measurement out;
  out.value = static_cast<double>(rows) / seconds_since(begin);
  sqlite3_finalize(select);
  if (bytes != rows * payload_bytes) give_up("SQLite answered something else than was stored");
  return out;
}

}  // namespace logline::bench
