#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "adapters/postgres/endpoint.hpp"

namespace logline::postgres {

/// A row of the inbox table (PGM-10). Everything is as the sender wrote it: unchecked.
struct inbox_row {
  std::string id;  ///< UUID text
  std::string tenant;
  std::string target;  ///< type/key
  std::string command;
  std::string payload;  ///< JSON
  std::string role;     ///< the database role that put it there, by the database's own word
};

/// What became of it; a refusal is a core::failure.
struct inbox_answer {
  core::gseq position;
  core::eseq sequence;
  std::string reply;  ///< one msgpack value
};
using inbox_receiver = std::function<void(core::result<inbox_answer>)>;

struct inbox_options {
  std::shared_ptr<const endpoint> where;
  std::string schema = "ledger";
  /// Sends the command; answers once, on any thread. Called in the order in which the rows came.
  std::function<void(const inbox_row&, inbox_receiver)> submit;
  core::duration_us sweep = core::seconds(5);  ///< looks for rows that no notification told of
};

struct inbox_figures {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> rejected{0};
};

/// Listens on app_inbox and sends what comes, a batch at a time. A row is answered once: its id is the command's
/// idempotency key, so that one that was sent and not answered before a crash finds its own answer. What the node
/// cannot take at the moment (UNAVAILABLE, OVERLOADED) stays and is sent again; everything else is a row of
/// inbox_result, so that no row holds up those behind it. By one thread; figures by any.
class inbox {
 public:
  explicit inbox(inbox_options settings) : settings_(std::move(settings)) {}

  /// Until `wanted` stops or the server goes away (done), or a statement is refused (failure).
  core::outcome run(const std::stop_token& wanted);

  const inbox_figures& figures() const { return figures_; }

 private:
  struct batch;
  journal::outcome listen(connection& to, const std::stop_token& wanted);
  /// How many rows were answered.
  journal::result<std::size_t> sweep(connection& to, const std::stop_token& wanted, bool everything);
  journal::outcome write(connection& to, const std::string& id, const core::result<inbox_answer>& answer);

  inbox_options settings_;
  inbox_figures figures_;
};

}  // namespace logline::postgres
