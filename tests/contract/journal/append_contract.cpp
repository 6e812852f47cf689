// What every partition log promises about writing.
#include "tests/contract/journal/journal_fixture.hpp"

#include "journal/record.hpp"

using namespace logline;
using namespace logline::journal;
using namespace logline::journal::fixtures;

TEMPLATE_LIST_TEST_CASE("positions and eseqs are dense from 1, across requests and commits", "[contract][JRN-02]",
                        implementations) {
  TestType f;
  const auto first = append_all(*f.log, {request("a", 0, 3), request("b", 0), request("a", 3, 2)});
  const auto second = append_all(*f.log, {request("b", 1, 2), request("a", 5)});

  CHECK(first[0].first.value == 1);
  CHECK(first[0].last.value == 3);
  CHECK(first[0].last_sequence.value == 3);
  CHECK(first[1].first.value == 4);
  CHECK(first[2].first.value == 5);
  CHECK(first[2].last_sequence.value == 5);
  CHECK(second[0].first.value == 7);
  CHECK(second[1].last.value == 9);
  CHECK(f.log->head().position.value == 9);

  std::map<core::address, std::uint64_t> last;
  std::uint64_t position = 0;
  for (const auto& r : records_of(*f.log)) {
    CHECK(r.position.value == ++position);
    CHECK(r.sequence.value == ++last[r.entity]);
    CHECK(r.partition.value == 1);
  }
  CHECK(position == 9);
}

TEMPLATE_LIST_TEST_CASE("a record comes back as it was given", "[contract]", implementations) {
  TestType f;
  f.clock.advance(core::seconds(5));
  append_request r = request("a", 0);
  r.principal = core::principal_id{"reactor:webhook_intake"};
  r.correlation_id = core::make_uuid5({}, "correlation");
  r.causation_id = core::make_uuid5({}, "cause");
  r.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  r.wake_at = start_of_time + core::minutes(1);
  r.idempotency = core::idempotency{"key-1", core::sha256("body"), "\x81\xa1r\x01"};
  r.events[0].schema = 7;
  r.events[0].visibility = core::visibility::private_;
  r.events[0].owner = "usr:1";
  r.events[0].timeline = core::timeline_stamp{"orders", {"here.1", 9}, 12, {{"here.1", 9}, {"there.2", 3}}};
  append_one(*f.log, r);

  const core::record back = records_of(*f.log).at(0);
  CHECK(back.entity == r.entity);
  CHECK(back.event_id == r.events[0].event_id);
  CHECK(back.event == r.events[0].event);
  CHECK(back.schema == 7);
  CHECK(back.at == f.clock.now());
  CHECK(back.decided_at == start_of_time);
  CHECK(back.site == "here");
  CHECK(back.generation == 1);
  CHECK(back.epoch.value == 1);
  CHECK(back.principal == r.principal);
  CHECK(back.command_id == r.command_id);
  CHECK(back.correlation_id == r.correlation_id);
  CHECK(back.causation_id == r.causation_id);
  CHECK(back.trace_id == r.trace_id);
  CHECK(back.wake_at == r.wake_at);
  CHECK(back.idempotency == r.idempotency);
  CHECK(back.timeline == r.events[0].timeline);
  CHECK(back.visibility == core::visibility::private_);
  CHECK(back.owner == "usr:1");
  CHECK(back.payload == r.events[0].payload);
}

TEMPLATE_LIST_TEST_CASE("a wake-up goes on a command's last record, its idempotency key on the first", "[contract]",
                        implementations) {
  TestType f;
  append_request r = request("a", 0, 3);
  r.wake_at = start_of_time + core::hours(1);
  r.idempotency = core::idempotency{"key", core::sha256("body"), "reply"};
  append_one(*f.log, r);
  const auto records = records_of(*f.log);
  CHECK(records.at(0).idempotency == r.idempotency);
  CHECK(!records.at(1).idempotency);
  CHECK(!records.at(2).idempotency);
  CHECK(!records.at(0).wake_at);
  CHECK(!records.at(1).wake_at);
  CHECK(records.at(2).wake_at == r.wake_at);
}

TEMPLATE_LIST_TEST_CASE("another eseq than the expected one is a conflict and leaves nothing", "[contract][JRN-04]",
                        implementations) {
  TestType f;
  append_one(*f.log, request("a", 0, 2));

  SECTION("behind, ahead, or of an entity that has no record") {
    for (const auto& r : {request("a", 1), request("a", 3), request("b", 1)}) {
      const error e = refused(*f.log, r);
      CHECK(e.code == errc::conflict);
      CHECK(f.log->head().position.value == 2);
    }
    CHECK(refused(*f.log, request("a", 7)).message == "expected eseq 7, actual 2");
  }
  SECTION("the other requests of the same commit are untouched") {
    const std::vector<append_request> requests{request("a", 2), request("a", 2), request("b", 0), request("a", 3)};
    const auto results = f.log->append(requests);
    REQUIRE(results);
    CHECK((*results)[0]);
    REQUIRE(!(*results)[1]);
    CHECK((*results)[1].error().code == errc::conflict);
    CHECK((*results)[2]);
    CHECK((*results)[3]);
    CHECK(f.log->head().position.value == 5);
    CHECK(records_of(*f.log, entity("a")).size() == 4);
  }
  SECTION("a commit of refusals only changes nothing") {
    const auto before = f.log->head();
    refused(*f.log, request("a", 9));
    CHECK(f.log->head().chain == before.chain);
    CHECK(f.log->head().root == before.root);
  }
}

TEMPLATE_LIST_TEST_CASE("eseqs are known of entities that were written before the cache forgot them",
                        "[contract][JRN-04]", implementations) {
  TestType f;
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 100; ++i)
      append_one(*f.log, request("e" + std::to_string(i), static_cast<std::uint64_t>(round)));
  CHECK(f.log->last_sequence(entity("e7"))->value == 3);
  CHECK(refused(*f.log, request("e7", 2)).code == errc::conflict);
}

TEMPLATE_LIST_TEST_CASE("preparing runs ahead of writing", "[contract][JRN-04]", implementations) {
  TestType f;
  const append_request one = request("a", 0);
  const append_request two = request("a", 1, 2);
  const append_request three = request("a", 2);
  auto first = f.log->prepare({&one, 1});
  auto second = f.log->prepare({&two, 1});
  auto third = f.log->prepare({&three, 1});
  REQUIRE((first && second && third));
  CHECK(f.log->head().position.value == 0);
  CHECK(records_of(*f.log).empty());
  CHECK(f.log->last_sequence(entity("a"))->value == 0);

  REQUIRE(f.log->write(std::move(*first)));
  CHECK(f.log->head().position.value == 1);
  CHECK(records_of(*f.log).size() == 1);
  REQUIRE(f.log->write(std::move(*second)));
  const auto conflict = f.log->write(std::move(*third));
  REQUIRE(conflict);
  CHECK(conflict->front().error().code == errc::conflict);
  CHECK(records_of(*f.log).size() == 3);
}

TEMPLATE_LIST_TEST_CASE("commit times do not decrease, whatever the clock does", "[contract]", implementations) {
  TestType f;
  append_one(*f.log, request("a", 0));
  f.clock.set(start_of_time - core::hours(1));
  CHECK(append_one(*f.log, request("a", 1)).at == start_of_time);

  append_request ahead = request("a", 2);
  ahead.decided_at = start_of_time + core::seconds(3);
  CHECK(append_one(*f.log, ahead).at == ahead.decided_at);
  CHECK(append_one(*f.log, request("a", 3)).at == ahead.decided_at);

  f.clock.set(start_of_time + core::minutes(1));
  CHECK(append_one(*f.log, request("a", 4)).at == f.clock.now());
  core::timestamp last{};
  for (const auto& r : records_of(*f.log)) {
    CHECK(r.at >= last);
    CHECK(r.decided_at <= r.at);
    last = r.at;
  }
}

TEMPLATE_LIST_TEST_CASE("limits of a record and of a commit", "[contract][JRN-12]", implementations) {
  TestType f;
  SECTION("a record of at most 1 MiB") {
    const std::size_t overhead = [] {
      manual_clock clock;
      const auto log = make_memory_log(settings_with(clock));
      append_one(*log, request("a", 0, 1, 70'000));
      std::size_t bytes = 0;
      REQUIRE(log->scan(core::gseq{1}, [&](const record_view& r) {
        bytes = r.bytes.size();
        return true;
      }));
      return bytes - 70'000;
    }();
    CHECK(refused(*f.log, request("a", 0, 1, record_bytes_max - overhead + 1)).code == errc::too_large);
    append_one(*f.log, request("a", 0, 1, record_bytes_max - overhead));
    CHECK(records_of(*f.log).at(0).payload.size() == record_bytes_max - overhead);
  }
  SECTION("one record that is too large refuses all of its command") {
    append_request r = request("a", 0, 3);
    r.events[2].payload.assign(record_bytes_max, 'x');
    CHECK(refused(*f.log, r).code == errc::too_large);
    CHECK(f.log->head().position.value == 0);
    append_one(*f.log, request("a", 0));
  }
  SECTION("10 000 events in a command, not one more") {
    CHECK(refused(*f.log, request("a", 0, batch_records_max + 1)).code == errc::too_large);
    CHECK(append_one(*f.log, request("a", 0, batch_records_max)).last.value == batch_records_max);
  }
  SECTION("16 MiB in a command") {
    CHECK(refused(*f.log, request("a", 0, 17, 1'000'000)).code == errc::too_large);
    append_one(*f.log, request("a", 0, 16, 1'000'000));
  }
  SECTION("more than a commit holds is spread over several, in order") {
    std::vector<append_request> requests;
    for (std::uint64_t i = 0; i < 3; ++i)
      requests.push_back(request("a", i * 4'000, 4'000, 8));
    const auto commit = f.log->prepare(requests);
    REQUIRE(commit);
    CHECK(requests_taken(**commit) == 2);
  }
  SECTION("append() makes as many commits as it takes") {
    std::vector<append_request> requests;
    for (std::uint64_t i = 0; i < 5; ++i)
      requests.push_back(request("a", i * 4'000, 4'000, 8));
    CHECK(append_all(*f.log, requests).back().last.value == 20'000);
  }
}

TEMPLATE_LIST_TEST_CASE("records of every size share frames and come back", "[contract][JRN-05]", implementations) {
  TestType f;
  std::vector<append_request> requests;
  const std::vector<std::size_t> sizes{0, 1, 100, 40'000, 30'000, 65'000, 66'000, 500'000, 3, 64'000, 10};
  for (std::size_t i = 0; i < sizes.size(); ++i)
    requests.push_back(request("a", i, 1, sizes[i]));
  append_all(*f.log, requests);
  const auto records = records_of(*f.log);
  REQUIRE(records.size() == sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    CHECK(records[i].payload == requests[i].events[0].payload);
}
