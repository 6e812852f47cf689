// What the log in RocksDB promises across crashes: power cuts, killed processes, failing disks.
#include <optional>

#include "tests/contract/journal/sim_fixture.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

namespace {

/// One commit of the script below: a conflict-free batch of requests that can be made again from its number.
std::vector<append_request> commit_number(std::uint64_t n) {
  std::vector<append_request> requests;
  for (std::uint64_t i = 0; i <= n % 3; ++i) {
    const std::string key = "e" + std::to_string(i);
    // Entity ei has had a record in each earlier commit m with m % 3 ≥ i.
    std::uint64_t before = 0;
    for (std::uint64_t m = 0; m < n; ++m)
      before += m % 3 >= i ? 1 : 0;
    append_request r = request(key, before);
    r.events[0].payload = noise(n * 10 + i, 200 + n % 7 * 2'000);
    if (i == 0) r.idempotency = core::idempotency{"key-" + std::to_string(n), core::sha256("body"), "reply"};
    if (i == 1)
      r.wake_at = n % 5 == 1 ? core::timestamp{0} : start_of_time + core::seconds(static_cast<std::int64_t>(n));
    requests.push_back(std::move(r));
  }
  return requests;
}

std::uint64_t records_in(std::uint64_t commits) {
  std::uint64_t records = 0;
  for (std::uint64_t n = 0; n < commits; ++n)
    records += n % 3 + 1;
  return records;
}

/// What has been promised to somebody.
struct promises {
  std::uint64_t commits = 0;         ///< acknowledged
  log_head head;                     ///< after the last of them
  std::uint64_t view = 0;            ///< last position put into the view
  std::uint64_t cursor = 0;          ///< last position put as a reactor's
  std::uint64_t lasting_cursor = 0;  ///< the one that a later commit has made durable
  std::optional<error> refusal;      ///< why the script ended early
};

/// Opens the log and runs commits of the script until `commits` are there, with rows beside them; stops at the first
/// error.
void run_script(const partition_options& options, std::uint64_t commits, promises& made) {
  auto opened = open_partition(options);
  if (!opened) {
    made.refusal = opened.error();
    return;
  }
  partition_log& log = **opened;
  const auto failed = [&](const auto& r) {
    if (!r) made.refusal = r.error();
    return !r;
  };
  while (made.commits < commits) {
    const auto requests = commit_number(made.commits);
    const auto results = log.append(requests);
    if (failed(results)) return;
    for (const auto& one : *results)
      if (failed(one)) return;
    ++made.commits;
    made.head = log.head();
    made.lasting_cursor = made.cursor;
    const core::gseq position = made.head.position;
    using row = partition_log::view_row;
    if (failed(log.put_view("v", position, std::vector<row>{{"last", std::to_string(position.value)}}))) return;
    made.view = position.value;
    if (failed(log.put_cursor("r", position))) return;
    made.cursor = position.value;
    if (made.commits % 8 == 0 && failed(log.checkpoint(true))) return;
  }
}

/// The log holds what was promised, and nothing else than the script: whole commits, in order.
void check_promises(const partition_log& log, const promises& made) {
  const std::uint64_t head = log.head().position.value;
  std::uint64_t commits = 0;
  while (records_in(commits) < head)
    ++commits;
  REQUIRE(records_in(commits) == head);
  REQUIRE(commits >= made.commits);
  REQUIRE(commits <= made.commits + 1);
  if (made.commits > 0) REQUIRE(*log.root_at(made.head.position.value) == made.head.root);

  const auto records = records_of(log);
  REQUIRE(records.size() == head);
  std::map<core::address, core::timestamp> wakes;
  std::size_t at = 0;
  for (std::uint64_t n = 0; n < commits; ++n)
    for (const auto& r : commit_number(n)) {
      const core::record& record = records[at++];
      REQUIRE(record.position.value == at);
      REQUIRE(record.entity == r.entity);
      REQUIRE(record.sequence.value == r.expected.value + 1);
      REQUIRE(record.payload == r.events[0].payload);
      if (r.idempotency) REQUIRE(*log.find_command(r.entity, r.idempotency->key) == core::gseq{at});
      if (r.wake_at && r.wake_at->us != 0) wakes[r.entity] = *r.wake_at;
      if (r.wake_at && r.wake_at->us == 0) wakes.erase(r.entity);
    }
  std::map<core::address, core::timestamp> armed;
  REQUIRE(log.each_wake([&](const core::address& entity, core::timestamp t) { armed[entity] = t; }));
  REQUIRE(armed == wakes);
  for (const auto* key : {"e0", "e1", "e2"})
    REQUIRE(records_of(log, entity(key)).size() == log.last_sequence(entity(key))->value);

  const std::uint64_t view = log.view_cursor("v")->value;
  REQUIRE(view <= made.view);
  REQUIRE(log.view_get("v", "last")->value_or("0") == std::to_string(view));
  const std::uint64_t cursor = log.cursor("r")->value;
  REQUIRE(cursor >= made.lasting_cursor);
  REQUIRE(cursor <= head);
}

constexpr std::uint64_t script_commits = 40;

/// After the crash: opens, keeps its promises, takes the rest of the script, closes in order and opens clean.
void check_recovery(sim_disk& disk, const manual_clock& clock, promises made) {
  open_report report;
  {
    const auto log = opened(sim_options(disk, clock), &report);
    CHECK((report.label == "@A" || report.label == "@B"));
    CHECK((report.label == "@B") == !report.cut.empty());
    check_promises(*log, made);
    made.commits = 0;
    while (records_in(made.commits) < log->head().position.value)
      ++made.commits;
    made.head = log->head();
    made.view = UINT64_MAX;
    made.lasting_cursor = 0;
  }
  made.refusal.reset();
  run_script(sim_options(disk, clock), script_commits, made);
  if (made.refusal) FAIL(made.refusal->text());
  const auto log = opened(sim_options(disk, clock), &report);
  CHECK(report.label == "@A");
  CHECK(report.derived_from.value == 0);
  check_promises(*log, made);
}

/// Operations of an undisturbed run.
std::uint64_t script_operations() {
  manual_clock clock;
  sim_disk disk{1};
  promises made;
  run_script(sim_options(disk, clock), script_commits, made);
  REQUIRE(!made.refusal);
  return disk.operations();
}

}  // namespace

TEST_CASE("whenever the power goes, what was acknowledged is there, and commits are whole or not at all",
          "[contract][crash][JRN-02][JRN-03][JRN-05][JRN-08]") {
  const std::uint64_t operations = script_operations();
  REQUIRE(operations > 300);
  std::size_t torn = 0;
  for (std::uint64_t nth = 1; nth <= operations; nth += 1 + nth / 100) {
    INFO("power cut at operation " << nth);
    manual_clock clock;
    sim_disk disk{nth};
    disk.crash_at(nth);
    promises made;
    run_script(sim_options(disk, clock), script_commits, made);
    if (!disk.has_crashed()) disk.crash();  // RocksDB's own threads made this run shorter
    open_report report;
    check_recovery(disk, clock, made);
    torn += 1;
  }
  CHECK(torn > 100);
}

TEST_CASE("whenever the process dies, nothing that was acknowledged is lost", "[contract][crash][JRN-02][JRN-03]") {
  for (std::uint64_t commits = 1; commits <= script_commits; commits += 3) {
    INFO("killed after commit " << commits);
    manual_clock clock;
    sim_disk disk{commits};
    promises made;
    {
      auto log = opened(sim_options(disk, clock));
      for (; made.commits < commits; ++made.commits) {
        append_all(*log, commit_number(made.commits));
        made.head = log->head();
      }
      disk.kill();
    }
    check_recovery(disk, clock, made);
  }
}

TEST_CASE("the power may go while a node that was killed starts again: what nobody was told is no loss then",
          "[contract][crash][JRN-03][JRN-08]") {
  std::size_t unpromised = 0;
  std::size_t cut_while_opening = 0;
  for (std::uint64_t killed_at = 100; killed_at < 130; ++killed_at)
    for (std::uint64_t cut_at = 1; cut_at < 40; ++cut_at) {
      INFO("killed at operation " << killed_at << ", power cut at operation " << cut_at << " of opening");
      manual_clock clock;
      sim_disk disk{killed_at * 100 + cut_at};
      disk.kill_at(killed_at);
      promises made;
      run_script(sim_options(disk, clock), script_commits, made);
      REQUIRE(disk.has_crashed());
      disk.kill();
      {
        partition_options reading = sim_options(disk, clock);
        reading.read_only = true;
        const auto seen = open_partition(reading);
        REQUIRE(seen);
        if ((*seen)->head().position == made.head.position)
          break;  // died at another moment than between write and sync
      }
      ++unpromised;
      disk.crash_at(cut_at);
      cut_while_opening += open_partition(sim_options(disk, clock)) ? 0 : 1;
      disk.crash();
      check_recovery(disk, clock, made);
    }
  CHECK(unpromised >= 39);
  CHECK(cut_while_opening > 20);
}

TEST_CASE("a write or sync that fails stops the log, and nothing that failed was acknowledged",
          "[contract][crash][JRN-05]") {
  const auto op = GENERATE(disk_op::append, disk_op::sync);
  for (std::uint64_t nth = 1; nth <= 60; nth += 3) {
    INFO("operation " << static_cast<int>(op) << " number " << nth << " fails");
    manual_clock clock;
    sim_disk disk{nth};
    promises made;
    {
      auto log = opened(sim_options(disk, clock));
      disk.fail(op, nth);
      std::optional<error> first;
      while (!first && made.commits < script_commits) {
        const auto requests = commit_number(made.commits);
        if (auto results = log->append(requests); !results) {
          first = results.error();
        } else {
          ++made.commits;
          made.head = log->head();
        }
      }
      if (!first) continue;  // it hit one of RocksDB's own threads, too late to be noticed
      CHECK((first->code == errc::store_failed || first->code == errc::stopped));
      // The disk is well again; the log must not believe it.
      const auto requests = commit_number(made.commits);
      CHECK(log->append(requests).error().code == errc::stopped);
      CHECK(log->accepting().error().code == errc::stopped);
      CHECK(log->put_cursor("r", core::gseq{1}).error().code == errc::stopped);
      CHECK(log->head().position.value == records_in(made.commits));
      CHECK(records_of(*log).size() == records_in(made.commits));
      disk.crash();
    }
    check_recovery(disk, clock, made);
  }
}

TEST_CASE("a full disk stops the log without harm, and the floor keeps it from getting there",
          "[contract][crash][JRN-11]") {
  manual_clock clock;
  sim_disk disk{1};
  disk.set_capacity(4'000'000);
  promises made;
  SECTION("without a floor") {
    {
      auto log = opened(sim_options(disk, clock));
      std::optional<error> first;
      for (; !first && made.commits < 2'000; ++made.commits) {
        if (auto results = log->append(commit_number(made.commits)); !results) first = results.error();
      }
      REQUIRE(first);
      CHECK((first->code == errc::store_failed || first->code == errc::stopped));
      --made.commits;
      made.head = log->head();
      disk.kill();
    }
    disk.set_capacity(400'000'000);
    const auto log = opened(sim_options(disk, clock));
    check_promises(*log, made);
  }
  SECTION("with one") {
    partition_options options = sim_options(disk, clock);
    options.free_bytes_min = 2'500'000;
    auto log = opened(options);
    std::optional<error> first;
    for (; !first && made.commits < 2'000; ++made.commits) {
      if (auto results = log->append(commit_number(made.commits)); !results) first = results.error();
    }
    REQUIRE(first);
    CHECK(first->code == errc::disk_full);
    --made.commits;
    disk.set_capacity(400'000'000);
    append_all(*log, commit_number(made.commits));
    ++made.commits;
    made.head = log->head();
    check_promises(*log, made);
  }
}

TEST_CASE("derived families that a crash emptied catch up before they are read", "[contract][crash][JRN-05]") {
  manual_clock clock;
  sim_disk disk{7};
  {
    auto log = opened(sim_options(disk, clock));
    append_request r = request("a", 0, 600, 8);
    r.idempotency = core::idempotency{"key", core::sha256("body"), "reply"};
    r.wake_at = start_of_time + core::hours(2);
    append_one(*log, r);
    append_one(*log, request("b", 0, 3));
    disk.kill();  // rows without WAL are in memory only
  }
  open_report report;
  const auto log = opened(sim_options(disk, clock), &report);
  CHECK(report.derived_from.value == 1);
  CHECK(report.derived_records == 603);
  CHECK((*log->find_command(entity("a"), "key"))->value == 1);
  CHECK(!*log->find_command(entity("b"), "key"));
  std::size_t wakes = 0;
  REQUIRE(log->each_wake([&](const core::address& e, core::timestamp at) {
    CHECK(e == entity("a"));
    CHECK(at == start_of_time + core::hours(2));
    ++wakes;
  }));
  CHECK(wakes == 1);
  CHECK(log->inclusion_proof(core::gseq{1}, 603));

  disk.kill();
}

TEST_CASE("a log that is read without being opened for writing does not answer from families that lag",
          "[contract][crash][JRN-05]") {
  manual_clock clock;
  sim_disk disk{7};
  {
    auto log = opened(sim_options(disk, clock));
    append_one(*log, request("a", 0, 600, 8));
    disk.kill();
  }
  partition_options options = sim_options(disk, clock);
  options.read_only = true;
  const auto log = opened(options);
  CHECK(records_of(*log).size() == 600);
  CHECK(log->find_command(entity("a"), "key").error().code == errc::index_mismatch);
  CHECK(log->each_wake([](const core::address&, core::timestamp) {}).error().code == errc::index_mismatch);
  CHECK(log->inclusion_proof(core::gseq{1}, 600));  // made from the records
}
