#include <algorithm>
#include <set>

#include "domain/core/json.hpp"
#include "domain/integration/connector.hpp"
#include "domain/tenancy/tenant.hpp"
#include "domain/timeline/timeline.hpp"
#include "tests/unit/domain_core/golden.hpp"

/// One of every event, as it is stored. A changed golden file means that journals written before can no longer be read
/// as they were meant: raise the event's version and add an upcaster instead (JRN-09).
using namespace logline;

namespace {

core::document json(std::string_view text) {
  return core::document_from_json(text).value();
}
const core::uuid id = core::make_uuid7(1'700'000'000'000, 1, 2);
const core::timestamp at{1'774'746'000'123'456};
const core::version_vector clocks{{"b.1", 300}, {"s1.1", 7}};

/// The names of what was checked, to be compared with the entity's list.
class stored_events {
 public:
  explicit stored_events(const core::entity_type& type) : type_(type) {}
  ~stored_events() {
    std::set<std::string> listed;
    for (const auto& event : type_.events())
      listed.emplace(event.name);
    CHECK(checked_ == listed);
  }
  stored_events(const stored_events&) = delete;
  stored_events& operator=(const stored_events&) = delete;

  template <class Event>
  void check(const Event& event) {
    using codec = core::codec<Event>;
    const std::string name{codec::about.name};
    checked_.insert(name);
    const std::string stored = core::to_msgpack(event);
    const auto file = name + ".v" + std::to_string(codec::about.version) + ".txt";
    std::string shown;
    core::json_sink to{shown};
    core::show_stored(codec::shape(), stored, to);
    fixtures::check_golden(__FILE__, file, core::to_hex(stored) + "\n" + shown + "\n");
    const auto read = core::from_msgpack<Event>(stored);
    if (!read) FAIL(name << ": " << read.error().message);
    CHECK(core::to_msgpack(*read) == stored);
  }

 private:
  const core::entity_type& type_;
  std::set<std::string> checked_;
};

template <class Definition>
const core::entity_type& type_of() {
  static const core::typed_entity<Definition> type;
  return type;
}

}  // namespace

TEST_CASE("timeline: the stored form of each event is what it was", "[JRN-09]") {
  using namespace timeline;
  stored_events events{type_of<timeline_definition>()};
  const core::dot dot{"b.1", 300};
  const core::document payload = json(R"({"amount":42,"tags":["a",null,1.5]})");
  events.check(timeline_event_appended{id, {"s1.1", 7}, 12, clocks, 9, payload});
  events.check(timeline_event_imported{id, dot, 12, clocks, 9, payload, at, core::bytes{"sig"}});
  events.check(timeline_event_held{id, dot, 12, clocks, payload, at, core::bytes{"sig"}});
  events.check(timeline_event_released{id, dot, 9});
  events.check(timeline_event_tombstoned{id, "asked to"});
}

TEST_CASE("tenant: the stored form of each event is what it was", "[JRN-09]") {
  using namespace tenancy;
  stored_events events{type_of<tenant_definition>()};
  events.check(tenant_created{"Acme Ltd", "gold", "founder"});
  events.check(tenant_suspended{"unpaid"});
  events.check(tenant_resumed{"paid"});
  events.check(tenant_settings_changed{{{"locale", json("\"pt-BR\"")}, {"rpm", json("null")}}});
}

TEST_CASE("connector: the stored form of each event is what it was", "[JRN-09]") {
  using namespace integration;
  stored_events events{type_of<connector_definition>()};
  events.check(connector_opened{verifier::hmac_sha256,
                                {"sealed"},
                                "x-hub-signature-256",
                                "sha256=",
                                "x-github-delivery",
                                "x-github-event",
                                1'000'000});
  events.check(connector_secret_rotated{{"sealed"}, at});
  events.check(connector_previous_secret_retired{});
  events.check(connector_closed{"moved"});
  delivery_received delivery;
  delivery.delivery_id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
  delivery.body.data = "Hello, World!";
  delivery.digest = core::sha256(delivery.body.data);
  delivery.size = delivery.body.data.size();
  delivery.event = "push";
  delivery.content_type = "application/json";
  delivery.headers = {{"content-type", "application/json"}, {"x-github-event", "push"}};
  delivery.received_at = at;
  delivery.previous_secret = true;
  events.check(delivery);
}

TEST_CASE("optional fields that are absent are not stored", "[JRN-09]") {
  timeline::timeline_event_imported event;
  event.payload = json("1");
  CHECK(core::json_text(core::to_msgpack(event)).find("dot") == std::string::npos);
  CHECK(core::json_text(core::to_msgpack(event)).find("sig") == std::string::npos);
  CHECK(core::json_text(core::to_msgpack(integration::delivery_received{})).find("received_at") == std::string::npos);
}
