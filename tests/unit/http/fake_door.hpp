#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/door.hpp"
#include "journal/checkpoint.hpp"
#include "journal/keys.hpp"
#include "journal/open.hpp"
#include "tests/fixtures/account_entity.hpp"

namespace logline::fixtures {

/// A door that remembers what came through it and says what it was told to say, at once or when told.
class fake_door final : public actors::door {
 public:
  fake_door() {
    journal::log_settings settings;
    settings.clock = [] { return core::timestamp{1'767'225'600'000'000}; };
    settings.signer = std::make_shared<journal::checkpoint_signer>(
        journal::checkpoint_origin("local", core::partition_id{}), *journal::site_key::from_seed(std::string(32, 's')));
    log = journal::make_memory_log(std::move(settings));
  }

  void submit(actors::command_request request, actors::reply<actors::command_reply> answer) override {
    std::unique_lock lock{guard_};
    if (decide) {
      auto said = decide(request);
      commands_.push_back(std::move(request));
      lock.unlock();
      return answer.deliver(std::move(said));
    }
    commands_.push_back(std::move(request));
    if (holds_back) {
      held_.push_back(std::move(answer));
      arrived_.notify_all();
      return;
    }
    lock.unlock();
    answer.deliver(says);
  }
  void show(core::address entity, actors::as_of when, actors::reply<actors::entity_view> answer) override {
    {
      const std::lock_guard lock{guard_};
      shown_.emplace_back(entity, when);
    }
    answer.deliver(see ? see(entity) : view);
  }
  void history(core::address entity, core::eseq from, std::size_t limit,
               actors::reply<std::vector<core::record>> answer) override {
    std::vector<core::record> records;
    auto read = log->read_entity(entity, from, [&](const core::record& r) {
      records.push_back(r);
      return records.size() < limit;
    });
    if (!read) return answer.deliver(journal::to_failure(read.error()));
    answer.deliver(std::move(records));
  }
  void read(std::function<void(journal::partition_log&)> task) override { task(*log); }
  void directory(std::string tenant, std::string type, std::string after, std::size_t limit,
                 actors::reply<std::vector<actors::directory_entry>> answer) override {
    std::vector<actors::directory_entry> found;
    for (const auto& entry : entries) {
      const bool wanted =
          (tenant.empty() || entry.entity.tenant == tenant) && (type.empty() || entry.entity.type == type);
      if (wanted && entry.entity.text() > after && found.size() < limit) found.push_back(entry);
    }
    answer.deliver(std::move(found));
  }
  void pull(actors::pull_request request, actors::reply<actors::pulled> answer) override {
    {
      const std::lock_guard lock{guard_};
      pulls_.push_back(std::move(request));
    }
    answer.deliver(gives);
  }
  void subscriptions(std::string tenant, actors::reply<std::vector<actors::subscription_lag>> answer) override {
    std::vector<actors::subscription_lag> found;
    for (const auto& one : lags)
      if (tenant.empty() || one.subscription.tenant == tenant) found.push_back(one);
    answer.deliver(std::move(found));
  }
  std::vector<actors::mirror_status> mirrors() const override { return copies; }
  core::result<std::vector<actors::projection_status>> projections() const override {
    return std::vector<actors::projection_status>{{"directory", core::gseq{7}, 0, rebuilding}};
  }
  core::outcome rebuild_projection(std::string_view name) override {
    if (name != "directory") return core::not_found("no such projection");
    if (rebuilding) return core::conflict("the projection is being rebuilt");
    rebuilding = actors::rebuild_status{core::gseq{3}, core::gseq{7}, 2, 2};
    return core::done{};
  }
  void live_digest(actors::reply<actors::state_digest> answer) override {
    answer.deliver(actors::state_digest{log->head().position, 1, core::sha256("state")});
  }
  core::outcome ready() const override { return is_ready; }
  std::vector<figure> figures() const override {
    return {{"logline_commands_total", "Commands\ndecided.", true, 3},
            {"journal_files{level=\"0\"}", "Files.", false, 1},
            {"journal_files{level=\"1\"}", "Files.", false, 2.5}};
  }
  std::string_view origin() const override { return "local.1"; }
  const core::secret_box* secrets() const override { return nullptr; }

  /// Everything submitted so far.
  std::vector<actors::command_request> commands() const {
    const std::lock_guard lock{guard_};
    return commands_;
  }
  std::vector<actors::pull_request> pulls() const {
    const std::lock_guard lock{guard_};
    return pulls_;
  }
  std::vector<std::pair<core::address, actors::as_of>> shown() const {
    const std::lock_guard lock{guard_};
    return shown_;
  }
  /// Waits until a command is held back, and takes its right to answer.
  actors::reply<actors::command_reply> take_held() {
    std::unique_lock lock{guard_};
    arrived_.wait(lock, [&] { return !held_.empty(); });
    auto first = std::move(held_.front());
    held_.erase(held_.begin());
    return first;
  }

  // What it says. Set before the server starts, or between requests.
  core::result<actors::command_reply> says =
      actors::command_reply{core::gseq{7}, core::eseq{2}, {"added"}, core::to_shown_msgpack(total_reply{5})};
  core::result<actors::entity_view> view =
      actors::entity_view{core::eseq{2}, core::to_msgpack(account{}), core::sha256("hash")};
  /// Instead of `says` and `view`, where they are set; called by one thread at a time.
  std::function<core::result<actors::command_reply>(const actors::command_request&)> decide;
  std::function<core::result<actors::entity_view>(const core::address&)> see;
  core::result<actors::pulled> gives = actors::pulled{};
  std::vector<actors::subscription_lag> lags;
  std::vector<actors::mirror_status> copies;
  std::optional<actors::rebuild_status> rebuilding;
  core::outcome is_ready = core::done{};
  bool holds_back = false;
  std::unique_ptr<journal::partition_log> log;
  std::vector<actors::directory_entry> entries;

 private:
  mutable std::mutex guard_;
  std::condition_variable arrived_;
  std::vector<actors::command_request> commands_;
  std::vector<std::pair<core::address, actors::as_of>> shown_;
  std::vector<actors::pull_request> pulls_;
  std::vector<actors::reply<actors::command_reply>> held_;
};

}  // namespace logline::fixtures
