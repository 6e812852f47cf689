#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/checkpoint.hpp"
#include "journal/memory_store.hpp"
#include "journal/settings.hpp"
#include "journal/stored_log.hpp"

namespace logline::sample {

/// Lets a test keep hold of the rows under a log.
class borrowed_store final : public journal::log_store {
 public:
  explicit borrowed_store(std::shared_ptr<journal::log_store> store) : store_(std::move(store)) {}

  std::unique_ptr<journal::store_batch> make_batch() const override { return store_->make_batch(); }
  journal::outcome write(journal::store_batch& batch, journal::durability how) override {
    return store_->write(batch, how);
  }
  journal::result<bool> get(journal::family f, std::string_view key, std::string& value) const override {
    return store_->get(f, key, value);
  }
  std::unique_ptr<journal::store_cursor> walk(journal::family f, journal::access hint) const override {
    return store_->walk(f, hint);
  }
  journal::outcome acknowledge(core::gseq position, const core::digest& chain) override {
    return store_->acknowledge(position, chain);
  }
  journal::outcome has_room() override { return store_->has_room(); }
  journal::outcome flush_derived() override { return store_->flush_derived(); }
  journal::result<std::vector<journal::frozen_table>> freeze(const std::string& directory, core::gseq position,
                                                             const core::digest& chain) override {
    return store_->freeze(directory, position, chain);
  }
  journal::outcome close() override { return store_->close(); }
  std::vector<std::pair<std::string, double>> figures() const override { return store_->figures(); }

 private:
  std::shared_ptr<journal::log_store> store_;
};

inline journal::site_key site_key() {
  return *journal::site_key::from_seed(std::string(32, 's'));
}

/// Time moves by one second a commit.
inline journal::log_settings settings(std::uint64_t checkpoint_records) {
  journal::log_settings s;
  s.site = "rio";
  auto now = std::make_shared<std::int64_t>(1'774'746'000'000'000);
  s.clock = [now] { return core::timestamp{*now += 1'000'000}; };
  s.signer = std::make_shared<journal::checkpoint_signer>(journal::checkpoint_origin("rio", core::partition_id{0}),
                                                          site_key());
  s.checkpoint_records = checkpoint_records;
  s.checkpoint_interval = core::days(1);
  return s;
}

/// Commands for a handful of entities, some with keys and wake-ups, of sizes that give frames of several records.
class history {
 public:
  history() = default;
  explicit history(journal::partition_log& log) : log_(&log) {}

  /// Goes on in another log that holds the same.
  void use(journal::partition_log& log) { log_ = &log; }

  /// One commit of `commands` commands of one or two events each.
  void commit(std::size_t commands) {
    std::vector<journal::append_request> requests;
    for (std::size_t i = 0; i < commands; ++i)
      requests.push_back(next_command());
    const auto written = log_->append(requests);
    LL_INVARIANT(written, "{}", written.error().text());
    for (const auto& answer : *written)
      LL_INVARIANT(answer, "{}", answer.error().text());
  }

 private:
  journal::append_request next_command() {
    const std::uint64_t n = ++commands_;
    const std::size_t entity = n % 5;
    journal::append_request request;
    request.entity = {entity == 4 ? "system" : "acme", "task_queue", "queue" + std::to_string(entity)};
    request.expected = core::eseq{sequences_[entity]};
    request.decided_at = core::timestamp{1'774'746'000'000'000};
    request.principal = core::principal_id{"founder"};
    request.command_id = core::make_uuid7(1'774'746'000'000 + static_cast<std::int64_t>(n), n, n * 7);
    request.correlation_id = request.command_id;
    if (n % 2 == 0)
      request.idempotency = core::idempotency{"key-" + std::to_string(n), core::sha256("request"), "\xc0"};
    if (n % 3 == 0)
      request.wake_at = core::timestamp{n % 9 == 0 ? 0 : 1'774'746'000'000'000 + static_cast<std::int64_t>(n)};
    for (std::uint64_t e = 0; e <= n % 2; ++e) {
      journal::event_draft draft;
      draft.event_id = core::make_uuid7(1'774'746'000'000, n, e);
      draft.event = "task_enqueued";
      draft.payload = std::string("\x81\xa4text\xd9", 7) + static_cast<char>(200) +
                      std::string(200, static_cast<char>('a' + n % 26));
      request.events.push_back(std::move(draft));
    }
    sequences_[entity] += request.events.size();
    return request;
  }

  journal::partition_log* log_ = nullptr;
  std::uint64_t commands_ = 0;
  std::uint64_t sequences_[5] = {};
};

}  // namespace logline::sample
