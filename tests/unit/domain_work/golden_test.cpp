#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "tests/unit/domain_work/queue_spec.hpp"

/// The stored bytes of every event, kept in golden/NAME.vVERSION.hex: an event that was written once must be readable
/// for ever, and a shape must not change unnoticed (JRN-09). A changed shape gets a new version, an upcaster and a new
/// file; old files stay.
namespace logline::work {

namespace {

std::filesystem::path golden_folder() {
  const char* source = std::getenv("LOGLINE_SOURCE");
  return std::filesystem::path{source == nullptr ? "." : source} / "tests/unit/domain_work/golden";
}

/// One of each event, every field filled in.
std::vector<core::event_box> samples() {
  using core::event_box;
  const auto task = task_id(1);
  const auto lease = lease_id(2);
  const settings values{6, 90, backoff_policy{backoff_shape::exponential, 3, 30, 7'200}, 15};
  return {
      event_box::of(task_enqueued{task, "mail", json(R"({"to":"a@example.org","n":[1,2.5,null,true]})"), at_s(1), 7, 9,
                                  "order-17", at_s(2), 45, backoff_shape::fixed}),
      event_box::of(task_leased{task, lease, "worker-1", 3, 70'000, at_s(60)}),
      event_box::of(task_lease_extended{task, lease, at_s(120)}),
      event_box::of(task_lease_expired{task, lease, 3, "lease expired", task_status::pending, at_s(600)}),
      event_box::of(task_completed{task, lease, 3, json(R"({"sent":true})")}),
      event_box::of(task_failed{task, lease, 3, "connection refused", true, task_status::pending, at_s(600)}),
      event_box::of(task_dead_lettered{task, 5, "connection refused", at_s(10)}),
      event_box::of(task_cancel_requested{task, lease, "not needed"}),
      event_box::of(task_cancelled{task, "expired"}),
      event_box::of(task_rescheduled{task, at_s(700)}),
      event_box::of(task_retried{task, at_s(800), 5}),
      event_box::of(task_released{task, lease, task_status::pending}),
      event_box::of(retry_all_started{"mail", at_s(5), 10}),
      event_box::of(retry_all_advanced{at_s(6), task, 1'000}),
      event_box::of(retry_all_finished{1'234, true}),
      event_box::of(tasks_pruned{17, at_s(9)}),
      event_box::of(queue_paused{"mail"}),
      event_box::of(queue_resumed{"mail"}),
      event_box::of(queue_configured{"mail", values, 500'000}),
  };
}

std::string file_name(std::string_view event, std::uint16_t version) {
  return fmt::format("{}.v{}.hex", event, version);
}

/// The file's one line of hex, without its line end; empty when there is no such file.
std::string stored_hex(const std::string& name) {
  std::ifstream file{golden_folder() / name};
  std::string line;
  std::getline(file, line);
  return line;
}

template <class Event>
std::string read_and_written(std::string_view bytes) {
  const auto event = core::from_msgpack<Event>(bytes);
  REQUIRE(event);
  return core::to_hex(core::to_msgpack(*event));
}

template <class... Events>
std::string read_and_written_as(std::string_view name, std::string_view bytes, core::type_list<Events...>) {
  std::string out;
  static_cast<void>(
      ((core::codec<Events>::about.name == name && (out = read_and_written<Events>(bytes), true)) || ...));
  return out;
}

}  // namespace

TEST_CASE("every event is stored as it always was") {
  for (const auto& event : samples()) {
    INFO(event.name << " of version " << event.version);
    CHECK(core::to_hex(event.encode(event.body.get())) == stored_hex(file_name(event.name, event.version)));
  }
}

TEST_CASE("every event that was ever stored can be read, and nothing of it is lost") {
  for (const auto& event : samples()) {
    INFO(event.name);
    const auto hex = stored_hex(file_name(event.name, event.version));
    const auto bytes = core::from_hex(hex);
    REQUIRE(bytes);
    CHECK(read_and_written_as(event.name, *bytes, task_queue_definition::events{}) == hex);
  }
}

TEST_CASE("there is a sample and a file of every event and version") {
  std::set<std::string> listed;
  std::set<std::string> sampled;
  std::set<std::string> kept;
  for (const auto& event : task_queue_type().events())
    listed.insert(file_name(event.name, event.version));
  for (const auto& event : samples())
    sampled.insert(file_name(event.name, event.version));
  for (const auto& entry : std::filesystem::directory_iterator{golden_folder()})
    kept.insert(entry.path().filename().string());
  CHECK(listed == sampled);
  CHECK(std::includes(kept.begin(), kept.end(), listed.begin(), listed.end()));
}

// Run by hand, with "[.write-golden]", after adding an event or a version; never rewrites a file.
TEST_CASE("write the golden files that are missing", "[.write-golden]") {
  std::filesystem::create_directories(golden_folder());
  for (const auto& event : samples()) {
    const auto path = golden_folder() / file_name(event.name, event.version);
    if (std::filesystem::exists(path)) continue;
    std::ofstream file{path};
    file << core::to_hex(event.encode(event.body.get())) << '\n';
    CHECK(file.good());
  }
}

}  // namespace logline::work
