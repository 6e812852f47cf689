#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>

#include "domain/core/envelope.hpp"
#include "journal/checkpoint.hpp"
#include "journal/open.hpp"
#include "journal/partition_log.hpp"

namespace logline::journal::fixtures {

inline constexpr core::timestamp start_of_time{1'767'225'600'000'000};  // 2026-01-01T00:00:00Z

/// A clock that stands still until it is told to move.
class manual_clock {
 public:
  core::timestamp now() const { return core::timestamp{us_->load()}; }
  void set(core::timestamp t) { us_->store(t.us); }
  void advance(core::duration_us d) { us_->fetch_add(d.us); }
  std::function<core::timestamp()> function() const {
    return [us = us_] { return core::timestamp{us->load()}; };
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> us_ = std::make_shared<std::atomic<std::int64_t>>(start_of_time.us);
};

inline std::shared_ptr<const checkpoint_signer> test_signer() {
  auto key = site_key::from_seed(std::string(32, 's'));
  REQUIRE(key);
  return std::make_shared<checkpoint_signer>(checkpoint_origin("here", core::partition_id{1}), std::move(*key));
}

inline log_settings settings_with(const manual_clock& clock) {
  log_settings settings;
  settings.partition = core::partition_id{1};
  settings.site = "here";
  settings.clock = clock.function();
  settings.signer = test_signer();
  return settings;
}

inline core::address entity(std::string_view key) {
  return {"acme", "task_queue", std::string{key}};
}

/// A request for `count` events of `entity`, whose last eseq is `expected`. Ids and payloads follow from entity and
/// eseq.
inline append_request request(std::string_view key, std::uint64_t expected, std::size_t count = 1,
                              std::size_t payload_bytes = 64) {
  append_request r;
  r.entity = entity(key);
  r.expected = core::eseq{expected};
  r.decided_at = start_of_time;
  r.principal = core::principal_id{"tester"};
  const core::uuid space = core::make_uuid5({}, key);
  r.command_id = core::make_uuid5(space, "command " + std::to_string(expected));
  r.correlation_id = r.command_id;
  for (std::size_t i = 0; i < count; ++i) {
    event_draft draft;
    draft.event_id = core::make_uuid5(space, std::to_string(expected + i));
    draft.event = "task_enqueued";
    draft.payload = std::string(payload_bytes, static_cast<char>('a' + (expected + i) % 26));
    r.events.push_back(std::move(draft));
  }
  return r;
}

/// Appends and expects every request to be accepted.
inline std::vector<appended> append_all(partition_log& log, const std::vector<append_request>& requests) {
  auto results = log.append(requests);
  if (!results) FAIL(results.error().text());
  std::vector<appended> out;
  for (auto& one : *results) {
    if (!one) FAIL(one.error().text());
    out.push_back(*one);
  }
  return out;
}
inline appended append_one(partition_log& log, const append_request& r) {
  return append_all(log, {r}).front();
}

/// Appends one request and expects it to be refused.
inline error refused(partition_log& log, const append_request& r) {
  auto results = log.append({&r, 1});
  if (!results) return results.error();
  REQUIRE(results->size() == 1);
  REQUIRE(!results->front());
  return results->front().error();
}

inline std::vector<core::record> records_of(const partition_log& log, std::uint64_t from = 1) {
  std::vector<core::record> out;
  const auto next = log.read(core::gseq{from}, [&](const core::record& r) {
    out.push_back(r);
    return true;
  });
  if (!next) FAIL(next.error().text());
  CHECK(next->value == from + out.size());
  return out;
}

inline std::vector<core::record> records_of(const partition_log& log, const core::address& entity,
                                            std::uint64_t from = 1) {
  std::vector<core::record> out;
  const auto done = log.read_entity(entity, core::eseq{from}, [&](const core::record& r) {
    out.push_back(r);
    return true;
  });
  if (!done) FAIL(done.error().text());
  return out;
}

/// A directory that goes with the object.
class temporary_directory {
 public:
  temporary_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "logline-journal-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline partition_options options_with(const manual_clock& clock, const std::string& directory) {
  partition_options options;
  options.log = settings_with(clock);
  options.directory = directory;
  options.free_bytes_min = 0;
  options.free_fraction_min = 0;
  return options;
}

/// Opens and expects that to succeed.
inline std::unique_ptr<partition_log> opened(const partition_options& options, open_report* report = nullptr) {
  auto log = open_partition(options, report);
  if (!log) FAIL(log.error().text());
  return std::move(*log);
}

/// The log in memory, as the contract sees it.
struct memory_fixture {
  manual_clock clock;
  std::unique_ptr<partition_log> log = make_memory_log(settings_with(clock));
};

/// The log in RocksDB, on a disk.
struct rocks_fixture {
  manual_clock clock;
  temporary_directory directory;
  partition_options options = options_with(clock, directory.path());
  std::unique_ptr<partition_log> log = opened(options);
};

using implementations = std::tuple<memory_fixture, rocks_fixture>;

}  // namespace logline::journal::fixtures
