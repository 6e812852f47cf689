#include "domain/privacy/gdpr_request.hpp"
#include "domain/privacy/subject_key.hpp"
#include "domain/process/gdpr_intake.hpp"
#include "tests/fixtures/spec.hpp"

using namespace logline;
using namespace logline::privacy;
using fixtures::context_at;
using fixtures::start_of_time;

namespace {

using request_spec = fixtures::spec<gdpr_request_definition>;
using key_spec = fixtures::spec<subject_key_definition>;

const std::string ann = "sub_0123456789abcdef0123456789abcdef";
const gdpr_requested asked{ann, request_kind::erase, ""};
const core::document certificate = core::to_document(request_now{request_status::done, request_kind::erase, ann, 1});
const core::uuid one = core::make_uuid7(1, 2, 3);
const core::uuid two = core::make_uuid7(4, 5, 6);
const std::string request = "acme/gdpr_request/r";

}  // namespace

TEST_CASE("a request is taken once under its id", "[GDP-01]") {
  request_spec()
      .when(ask{"ann", request_kind::erase, "she asked"})
      .then(gdpr_requested{"ann", request_kind::erase, "she asked"});
  request_spec().given(asked).when(ask{"bob", request_kind::erase, ""}).then_rejected("ALREADY_EXISTS");
  request_spec().when(start{}).then_rejected("NOT_FOUND");
  request_spec().when(finish{}).then_rejected("NOT_FOUND");
}

TEST_CASE("a request goes from PENDING over RUNNING and ERROR to DONE, and stays there", "[GDP-01][GDP-02]") {
  request_spec()
      .given(asked)
      .when(start{})
      .then(gdpr_started{1})
      .then_reply(request_now{request_status::running, request_kind::erase, ann, 1});
  request_spec().given(asked, gdpr_started{1}).when(note_failure{"disk"}).then(gdpr_failed{"disk"});
  request_spec().given(asked, gdpr_started{1}, gdpr_failed{"disk"}).when(start{}).then(gdpr_started{2});
  request_spec().given(asked, gdpr_started{1}).when(finish{certificate}).then(gdpr_finished{certificate});
  const auto done = [] { return request_spec().given(asked, gdpr_started{1}, gdpr_finished{certificate}); };
  done().when(start{}).then_nothing().then_reply(request_now{request_status::done, request_kind::erase, ann, 1});
  done().when(finish{}).then_nothing();
  done().when(note_failure{"late"}).then_nothing();
  done().when(refuse{"LEGAL_HOLD", "late"}).then_nothing();
  done().when(read_certificate{}).then_nothing().then_reply(core::json_text(certificate.msgpack));
  request_spec().given(asked).when(read_certificate{}).then_rejected("NOT_FOUND");
}

TEST_CASE("a refusal says why and ends the request", "[GDP-03]") {
  request_spec()
      .given(asked, gdpr_started{1})
      .when(refuse{"LEGAL_HOLD", "held"})
      .then(gdpr_refused{"LEGAL_HOLD", "held"});
  request_spec()
      .given(asked, gdpr_started{1}, gdpr_refused{"LEGAL_HOLD", "held"})
      .when(start{})
      .then_nothing()
      .then_reply(request_now{request_status::refused, request_kind::erase, ann, 1});
}

TEST_CASE("an open request is noticed after a day, and after a month", "[GDP-03]") {
  gdpr_request state;
  CHECK_FALSE(next_wake(state));
  evolve(state, asked, {core::eseq{1}, start_of_time});
  REQUIRE(next_wake(state) == start_of_time + core::hours(24));
  request_spec().given(asked).when_woken(context_at(start_of_time + core::hours(23))).then_nothing();
  request_spec().given(asked).when_woken(context_at(start_of_time + core::hours(24))).then(gdpr_overdue{false});
  evolve(state, gdpr_overdue{false});
  REQUIRE(next_wake(state) == start_of_time + core::days(30));
  request_spec()
      .given(asked, gdpr_overdue{false})
      .when_woken(context_at(start_of_time + core::days(30)))
      .then(gdpr_overdue{true});
  evolve(state, gdpr_overdue{true});
  CHECK_FALSE(next_wake(state));
  gdpr_request done;
  evolve(done, asked, {core::eseq{1}, start_of_time});
  evolve(done, gdpr_finished{certificate}, {core::eseq{2}, start_of_time});
  CHECK_FALSE(next_wake(done));
}

TEST_CASE("a legal hold forbids destroying keys until it is released", "[GDP-03]") {
  key_spec().when(hold{"case 17"}).then(subject_held{"case 17"});
  key_spec().given(subject_held{"case 17"}).when(hold{"case 18"}).then_nothing();
  key_spec().given(subject_held{"case 17"}).when(shred{{one}, request}).then_rejected("LEGAL_HOLD");
  key_spec().when(release{"over"}).then_nothing();
  key_spec().given(subject_held{"case 17"}).when(release{"over"}).then(subject_released{"over"});
  key_spec()
      .given(subject_held{"case 17"}, subject_released{"over"})
      .when(shred{{one}, request})
      .then(subject_key_shredded{{one}, request});
}

TEST_CASE("keys are noted once, however often the work is tried", "[GDP-07]") {
  key_spec()
      .when(shred{{one}, request})
      .then(subject_key_shredded{{one}, request})
      .then_reply(shred_reply{{one}, request});
  const subject_key_shredded noted{{one}, request};
  key_spec().given(noted).when(shred{{one}, request}).then_nothing().then_reply(shred_reply{{one}, request});
  key_spec().given(noted).when(shred{{}, request}).then_nothing().then_reply(shred_reply{{one}, request});
  key_spec().given(noted).when(shred{{}, "acme/gdpr_request/s"}).then_nothing().then_reply(shred_reply{{}, request});
  key_spec()
      .given(noted)
      .when(shred{{one, two}, "acme/gdpr_request/s"})
      .then(subject_key_shredded{{two}, "acme/gdpr_request/s"})
      .then_reply(shred_reply{{two}, request});
  key_spec().when(shred{{}, request}).then_nothing().then_reply(shred_reply{{}, std::nullopt});
}

TEST_CASE("a request becomes a line of the stream gdpr and a task; an overdue one an alert", "[GDP-01][GDP-03]") {
  core::record r;
  r.entity = {"acme", "gdpr_request", "r"};
  r.event = "gdpr_requested";
  r.payload = core::to_msgpack(asked);
  const auto& intake = process::gdpr_intake_reactor();
  CHECK(intake.event == r.event);
  const auto commands = *intake.react(r);
  REQUIRE(commands.size() == 2);
  CHECK(commands[0].to.text() == "acme/timeline/gdpr");
  CHECK(core::json_text(commands[0].body.msgpack).find(ann) != std::string::npos);
  CHECK(commands[1].to.text() == "acme/task_queue/privacy");
  CHECK(core::json_text(commands[1].body.msgpack).find(R"("kind":"gdpr.process")") != std::string::npos);
  r.schema = 2;
  CHECK(intake.react(r).error().code == "UNKNOWN_SCHEMA");

  core::record late;
  late.entity = r.entity;
  late.event = process::gdpr_overdue_reactor().event;
  late.payload = core::to_msgpack(gdpr_overdue{});
  const auto alert = *process::gdpr_overdue_reactor().react(late);
  REQUIRE(alert.size() == 1);
  CHECK(core::json_text(alert[0].body.msgpack).find(R"("kind":"gdpr.alert")") != std::string::npos);
}
