#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <set>

#include "domain/catalogue.hpp"
#include "domain/core/json.hpp"
#include "domain/integration/connector.hpp"
#include "journal/open.hpp"
#include "journal/secret_box.hpp"
#include "tests/fixtures/stepped_node.hpp"
#include "tests/unit/privacy/key_sample.hpp"

using namespace logline;

namespace {

const std::string canary = "ann.smith@example.org plays chess";
std::vector<std::string> bodies_seen;

core::result<std::vector<core::outgoing_command>> look(const core::record& r) {
  auto event = core::from_msgpack<integration::delivery_received>(r.payload);
  if (!event) return event.error();
  bodies_seen.push_back(event->body.data);
  return std::vector<core::outgoing_command>{};
}
const core::reactor_type curious{"curious", "Reads bodies.", "connector", "delivery_received", look, true};
const core::reactor_type discreet{"discreet", "Reads no bodies.", "connector", "delivery_received", look};

std::unique_ptr<journal::partition_log> new_log() {
  journal::log_settings settings;
  settings.clock = [] { return core::timestamp{}; };
  return journal::make_memory_log(settings);
}

/// A node of which every personal field holds the canary, about "ann".
struct sealing_node {
  explicit sealing_node(std::vector<const core::reactor_type*> reactors = {})
      : keys(journal::store_in(place)), seals(*keys), secrets(*journal::node_key::from_raw(std::string(32, 'n'))) {
    with.types = domain::find_entity_type;
    with.reactors = std::move(reactors);
    with.secrets = &secrets;
    with.privacy = &seals;
    node.emplace(*log, with);
  }

  std::string ask(const std::string& to, const std::string& command, const std::string& json,
                  const std::string& key = {}) {
    auto said = node->ask(to, command, json, key);
    if (!said) FAIL(to << ' ' << command << ": " << said.error().message);
    return core::json_text(said->reply);
  }

  void deliver(const std::string& body) {
    const std::string signature = core::hmac_sha256("secret", body).hex();
    ask("acme/connector/hub", "receive",
        R"({"headers":{"x-hub-signature-256":"sha256=)" + signature + R"(","x-person":"ann"},"body":")" +
            core::to_base64(body) + "\"}");
  }

  /// Every command with personal fields, once; and once more under its key.
  void write() {
    ask("acme/connector/hub", "open", R"({"secret":"secret","subject_header":"x-person"})");
    deliver(canary);
    const std::string task = R"({"kind":"k","payload":{"t":")" + canary + R"("},"subject":"ann"})";
    const auto first = ask("acme/task_queue/q", "enqueue", task, "key 1");
    CHECK(ask("acme/task_queue/q", "enqueue", task, "key 1") == first);
    ask("acme/task_queue/q", "enqueue_batch", R"({"tasks":[)" + task + "," + task + "]}", "key 2");
    const auto leased = ask("acme/task_queue/q", "lease", R"({"worker_id":"w","limit":2})", "key 3");
    CHECK(leased.find(canary) != std::string::npos);
    CHECK(ask("acme/task_queue/q", "lease", R"({"worker_id":"w","limit":2})", "key 3") == leased);
    finish(leased, 0, "complete", R"("result":{"r":")" + canary + "\"}");
    finish(leased, 1, "fail", R"("retryable":false,"error":")" + canary + "\"");
  }

  void finish(const std::string& leased, int n, const std::string& command, const std::string& more) {
    const auto value = [&](const std::string& name) {
      std::size_t at = 0;
      for (int i = 0; i <= n; ++i)
        at = leased.find('"' + name + "\":\"", at) + name.size() + 4;
      return leased.substr(at, 36);
    };
    ask("acme/task_queue/q", command,
        R"({"task_id":")" + value("task_id") + R"(","lease_id":")" + value("lease_id") + "\"," + more + "}", command);
  }

  core::digest replayed() {
    return actors::replay_digest(*log, domain::find_entity_type, [](core::gseq) {})->state;
  }

  journal::scratch place;
  std::unique_ptr<journal::partition_log> log = new_log();
  std::unique_ptr<journal::key_store> keys;
  journal::sealer seals;
  journal::node_secret_box secrets;
  fixtures::stepped_node::options with;
  std::optional<fixtures::stepped_node> node;
};

void each_shape(const core::type_shape& shape, const std::function<void(const core::type_shape&)>& visit) {
  visit(shape);
  if (shape.element != nullptr) each_shape(*shape.element, visit);
  for (const auto& member : shape.members)
    each_shape(*member.type, visit);
  for (const auto* alternative : shape.alternatives)
    each_shape(*alternative, visit);
}

}  // namespace

TEST_CASE("no record holds personal data in clear, its reply included", "[GDP-04][GDP-09]") {
  sealing_node n;
  n.write();
  std::set<std::string> sealed;
  auto read = n.log->read(core::gseq{1}, [&](const core::record& r) {
    CAPTURE(r.event);
    CHECK(journal::encode_record(r).find(canary) == std::string::npos);
    CHECK(journal::encode_record(r).find("ann\"") == std::string::npos);
    for (const auto& where : r.sealed)
      sealed.insert(r.event + where);
    return true;
  });
  REQUIRE(read);
  // Everything that descriptions mark, as long as this test writes it.
  std::set<std::string> marked;
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events())
      for (const auto& member : event.shape->members)
        if (member.attr.personal) marked.insert(std::string{event.name} + '/' + std::string{member.name});
  CHECK(sealed == marked);
}

TEST_CASE("the live state is what a replay makes of the sealed records, before and after an erasure", "[GDP-12]") {
  sealing_node n;
  n.write();
  const auto live = n.node->live_digest();
  REQUIRE(live);
  CHECK(live->state == n.replayed());
  const auto before = n.log->head();
  const auto erasures = std::vector{journal::erasure_of(*n.keys, 1, "acme", n.keys->pseudonym("acme", "ann"))};
  REQUIRE(n.keys->shred(erasures));
  CHECK(n.replayed() == live->state);
  CHECK(n.log->head().chain == before.chain);
  CHECK(n.node->live_digest()->state == live->state);
}

TEST_CASE("readers get personal fields in clear, and redacted ones once they are erased", "[GDP-12]") {
  sealing_node n;
  n.write();
  const std::string delivery = R"({"delivery_id":"sha256:)" + core::sha256(canary).hex() + "\"}";
  const std::string queries[][3] = {{"acme/task_queue/q", "dead", "{}"}, {"acme/connector/hub", "delivery", delivery}};
  const auto shown = [&](const core::eseq at) {
    core::record out;
    auto read = n.log->read_entity({"acme", "task_queue", "q"}, at, [&](const core::record& r) {
      out = r;
      return false;
    });
    REQUIRE(read);
    n.node->door().unseal(out);
    return core::json_text(out.payload);
  };
  CHECK(n.ask(queries[0][0], queries[0][1], queries[0][2]).find(canary) != std::string::npos);
  CHECK(shown(core::eseq{1}).find(canary) != std::string::npos);
  const auto erasures = std::vector{journal::erasure_of(*n.keys, 1, "acme", n.keys->pseudonym("acme", "ann"))};
  REQUIRE(n.keys->shred(erasures));
  const std::string redacted = R"({"redacted":true,"reason":"erased","request":"acme/gdpr_request/r1"})";
  for (const auto& [to, query, body] : queries) {
    const auto said = n.ask(to, query, body);
    CHECK(said.find(canary) == std::string::npos);
    CHECK(said.find(redacted) != std::string::npos);
  }
  CHECK(shown(core::eseq{1}).find(redacted) != std::string::npos);
}

TEST_CASE("a reactor gets personal fields only if it asks for them, and goes on where they are erased", "[GDP-09]") {
  for (const auto* reactor : {&curious, &discreet}) {
    bodies_seen.clear();
    sealing_node n{{reactor}};
    n.write();
    REQUIRE(bodies_seen.size() == 1);
    CHECK(bodies_seen[0] == (reactor->reads_personal ? canary : ""));
    n.node.reset();
    const auto erasures = std::vector{journal::erasure_of(*n.keys, 1, "acme", n.keys->pseudonym("acme", "ann"))};
    REQUIRE(n.keys->shred(erasures));
    REQUIRE(n.log->put_cursor(reactor->name, core::gseq{0}));
    n.node.emplace(*n.log, n.with);
    n.node->settle();
    REQUIRE(bodies_seen.size() == 2);
    CHECK(bodies_seen[1].empty());
  }
}

TEST_CASE("personal fields stand where the sealer finds them: at the top of an event", "[GDP-04]") {
  for (const auto* type : domain::entity_types())
    for (const auto& event : type->events())
      for (const auto& member : event.shape->members) {
        CAPTURE(event.name, member.name);
        each_shape(*member.type, [&](const core::type_shape& shape) {
          for (const auto& nested : shape.members)
            CHECK_FALSE((nested.attr.personal || nested.attr.names_subject));
        });
        if (member.attr.subject.empty()) continue;
        const auto& all = event.shape->members;
        const auto named =
            std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.name == member.attr.subject; });
        REQUIRE(named != all.end());
        CHECK(named->attr.names_subject);
      }
}
