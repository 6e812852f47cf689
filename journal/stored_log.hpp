#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/framer.hpp"
#include "journal/log_store.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal {

/// The partition log over any store: everything but how rows reach the disk.
///
///   prepare()   framer ──▶ prepared_commit     its own thread's state, ahead of the disk
///   write()     store (synced) ──▶ witness ──▶ derived rows ──▶ head      then results leave
///   readers     rows up to head only
class stored_log final : public partition_log {
 public:
  /// `state` is the durable end of what is in the store, the derived families included. A read-only log refuses writes
  /// and answers from derived families only where they are up to date.
  stored_log(log_settings settings, std::unique_ptr<log_store> store, log_state state, bool read_only);
  /// Signs the head if it moved since the last checkpoint and notes the derived families' positions.
  ~stored_log() override;

  outcome accepting() override;
  result<prepared_commit_ptr> prepare(std::span<const append_request> requests) override;
  result<append_results> write(prepared_commit_ptr commit) override;
  log_head head() const override;

  result<core::gseq> scan(core::gseq from, const view_visitor& visit) const override;
  outcome read_entity(const core::address& entity, core::eseq from, const record_visitor& visit) const override;
  result<core::eseq> last_sequence(const core::address& entity) const override;
  result<std::optional<core::gseq>> find_command(const core::address& entity, std::string_view key) const override;
  result<core::gseq> position_at(core::timestamp t) const override;

  result<std::optional<snapshot>> find_snapshot(const core::address& entity) const override;
  outcome put_snapshot(const core::address& entity, const snapshot& s) override;
  outcome each_wake(const std::function<void(const core::address&, core::timestamp)>& visit) const override;

  outcome put_view(std::string_view view, core::gseq cursor, std::span<const view_row> rows) override;
  result<core::gseq> view_cursor(std::string_view view) const override;
  outcome drop_view(std::string_view view) override;
  result<std::optional<std::string>> view_get(std::string_view view, std::string_view key) const override;
  outcome view_scan(std::string_view view, std::string_view prefix, std::string_view after,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;

  outcome put_cursor(std::string_view reader, core::gseq position) override;
  result<core::gseq> cursor(std::string_view reader) const override;

  result<std::vector<frozen_table>> freeze(const std::string& directory) const override;

  result<core::gseq> cool(core::gseq until) override;
  core::gseq cold_floor() const override { return store_->cold_floor(); }

  result<std::string> checkpoint(bool fresh) override;
  result<std::vector<core::digest>> inclusion_proof(core::gseq position, std::uint64_t tree_size) const override;
  result<std::vector<core::digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size) const override;
  result<core::digest> root_at(std::uint64_t tree_size) const override;
  result<core::digest> chain_at(core::gseq position) const override;
  std::vector<std::pair<std::string, double>> figures() const override;

 private:
  core::gseq durable() const { return core::gseq{durable_.load(std::memory_order_acquire)}; }
  log_state durable_state() const;
  recent_days keyed_days() const;
  outcome writable() const;
  /// Notes the first error, which stops the log, and passes it on.
  error stop(error e);
  outcome write_rows(prepared_commit& commit);
  /// A write of rows outside commits; an error of it stops the log too.
  outcome write_aside(store_batch& batch, durability how);
  outcome up_to_date(family f) const;
  /// So that a family whose records have no rows for it does not look far behind after a crash.
  outcome note_derived_positions(core::gseq position);

  const log_settings settings_;
  const std::unique_ptr<log_store> store_;
  const bool read_only_;
  framer framer_;

  mutable std::mutex mutex_;  // guards state_, failure_
  log_state state_;           // durable
  std::optional<error> failure_;
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<bool> stopped_{false};
  core::gseq derived_noted_;     // write() only
  std::mutex checkpoint_mutex_;  // one signature per head
};

}  // namespace logline::journal
