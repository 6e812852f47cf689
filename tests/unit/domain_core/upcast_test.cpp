#include <charconv>

#include "domain/core/entity.hpp"
#include "domain/core/json.hpp"
#include "tests/unit/domain_core/golden.hpp"

/// A test-only entity whose event changed its shape twice: version 1 kept {"value": "12"}, version 2 {"value": 12},
/// version 3 says
/// {"reading": 12, "unit": "kWh"}.
namespace logline::metering {

struct meter_read {
  std::int64_t reading = 0;
  std::string unit;
};
struct meter {
  std::int64_t total = 0;
  std::string unit;
};

constexpr auto describe(core::type_tag<meter_read>) {
  return core::description_v<meter_read>(3, "meter_read", "Somebody read the meter.",
                                         core::field("reading", &meter_read::reading),
                                         core::field("unit", &meter_read::unit));
}
constexpr auto describe(core::type_tag<meter>) {
  return core::description<meter>("meter", "A sum.", core::field("total", &meter::total),
                                  core::field("unit", &meter::unit));
}
void evolve(meter& state, const meter_read& event) {
  state.total += event.reading;
  state.unit = event.unit;
}

/// The member `name` of a stored map.
template <class T>
T member(const core::document& of, std::string_view name) {
  const auto all = core::from_msgpack<std::map<std::string, core::document>>(of.msgpack);
  return *core::from_msgpack<T>(all->at(std::string{name}).msgpack);
}
core::document to_version_2(const core::document& v1) {
  const auto text = member<std::string>(v1, "value");
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return core::to_document(std::map<std::string, std::int64_t>{{"value", value}});
}
core::document to_version_3(const core::document& v2) {
  return core::to_document(meter_read{member<std::int64_t>(v2, "value"), "kWh"});
}

struct meter_definition {
  static constexpr std::string_view name = "meter";
  static constexpr std::string_view doc = "Test only.";
  static constexpr std::uint32_t fold_version = 1;
  using state = meter;
  using commands = core::type_list<>;
  using events = core::type_list<meter_read>;
  static constexpr std::array upcasters{core::upcaster{"meter_read", 1, to_version_2},
                                        core::upcaster{"meter_read", 2, to_version_3}};
  static constexpr std::array<std::string_view, 1> retired{"meter_calibrated"};
};

}  // namespace logline::metering

using namespace logline;

namespace {

const core::typed_entity<metering::meter_definition>& type() {
  static const core::typed_entity<metering::meter_definition> t;
  return t;
}

const metering::meter& as_meter(const core::state_ptr& state) {
  return *static_cast<const metering::meter*>(state.get());
}

core::result<core::applied> apply(core::state_ptr& state, std::string_view event, std::uint16_t version,
                                  std::string_view payload) {
  return type().apply(state.get(), event, version, payload, {core::eseq{1}, {}});
}

}  // namespace

TEST_CASE("the stored bytes of version 1 still fold, through every version in between", "[JRN-09]") {
  auto state = type().vacant();
  const auto v1 = fixtures::read_file(fixtures::golden_path(__FILE__, "meter_read.v1.msgpack"));
  const auto folded = apply(state, "meter_read", 1, v1);
  if (!folded) FAIL(folded.error().message);
  CHECK(*folded == core::applied::folded);
  CHECK(as_meter(state).total == 12);
  CHECK(as_meter(state).unit == "kWh");

  const auto v2 = fixtures::read_file(fixtures::golden_path(__FILE__, "meter_read.v2.msgpack"));
  REQUIRE(apply(state, "meter_read", 2, v2));
  CHECK(as_meter(state).total == 12 + 30);
}

TEST_CASE("version 1 and version 2 are what they were when they were written", "[JRN-09]") {
  CHECK(core::json_text(fixtures::read_file(fixtures::golden_path(__FILE__, "meter_read.v1.msgpack"))) ==
        R"({"value":"12"})");
  CHECK(core::json_text(fixtures::read_file(fixtures::golden_path(__FILE__, "meter_read.v2.msgpack"))) ==
        R"({"value":30})");
}

TEST_CASE("the newest version folds as it is, and tolerates fields of a newer writer", "[JRN-09]") {
  auto state = type().vacant();
  REQUIRE(apply(state, "meter_read", 3, core::to_msgpack(metering::meter_read{5, "MWh"})));
  REQUIRE(apply(state, "meter_read", 3, core::document_from_json(R"({"reading":1,"unit":"MWh","by":"x"})")->msgpack));
  CHECK(as_meter(state).total == 6);
  CHECK(as_meter(state).unit == "MWh");
}

TEST_CASE("events of a retired type are kept and skipped", "[REP-08]") {
  auto state = type().vacant();
  const auto skipped = apply(state, "meter_calibrated", 1, "\x80");
  REQUIRE(skipped);
  CHECK(*skipped == core::applied::skipped_retired);
  CHECK(as_meter(state).total == 0);
}

TEST_CASE("an event or version from the future stops the fold with UNKNOWN_SCHEMA", "[REP-08]") {
  auto state = type().vacant();
  for (const auto& [event, version] :
       std::vector<std::pair<std::string, std::uint16_t>>{{"meter_read", 4}, {"meter_read", 0}, {"meter_melted", 1}}) {
    CAPTURE(event, version);
    const auto folded = apply(state, event, version, core::to_msgpack(metering::meter_read{5, "MWh"}));
    REQUIRE_FALSE(folded);
    CHECK(folded.error().code == "UNKNOWN_SCHEMA");
  }
  CHECK(as_meter(state).total == 0);
}

TEST_CASE("a stored payload that cannot be read is an error, not a default") {
  auto state = type().vacant();
  CHECK_FALSE(apply(state, "meter_read", 3, "\xc1"));
  CHECK_FALSE(apply(state, "meter_read", 3, core::document_from_json(R"({"reading":"5","unit":"MWh"})")->msgpack));
  CHECK_FALSE(apply(state, "meter_read", 3, core::document_from_json(R"({"unit":"MWh"})")->msgpack));
  CHECK(as_meter(state).total == 0);
}

TEST_CASE("the state hash covers type, fold version and every field") {
  const auto hash_of = [](std::int64_t total, const char* unit) {
    const metering::meter m{total, unit};
    return type().state_hash(&m);
  };
  CHECK(hash_of(1, "a") == hash_of(1, "a"));
  CHECK(hash_of(1, "a") != hash_of(2, "a"));
  CHECK(hash_of(1, "a") != hash_of(1, "b"));
}

TEST_CASE("an unknown command is NOT_FOUND by name, however it is spelled") {
  for (const std::string& name : {std::string{"melt"}, std::string{"\xff\xfe"}, std::string{}}) {
    std::optional<core::failure> refusal;
    REQUIRE(core::read_json("{}", [&](const core::source& body) {
      auto decoded = type().decode_command(name, body, nullptr);
      if (!decoded) refusal = decoded.error();
    }));
    REQUIRE(refusal);
    CHECK(refusal->code == "UNKNOWN_COMMAND");
    CHECK(refusal->kind == core::failure_kind::not_found);
    CHECK(core::document_from_json(core::json_text(core::to_msgpack(refusal->message))));
  }
}
