#include "domain/tenancy/tenant.hpp"

#include "domain/core/json.hpp"
#include "tests/fixtures/spec.hpp"

using namespace logline;
using namespace logline::tenancy;
using fixtures::start_of_time;

namespace {

using tenant_spec = fixtures::spec<tenant_definition>;

core::document json(std::string_view text) {
  return core::document_from_json(text).value();
}

const tenant_created acme{"Acme Ltd", "gold", "tester"};
const tenant_suspended stopped{"unpaid"};

std::string state_of(const fixtures::lone_entity<tenant_definition>& lone) {
  std::string out;
  core::json_sink to{out};
  core::encode_value(to, lone.state());
  return out;
}

}  // namespace

TEST_CASE("create: acts, and refuses where there is a tenant") {
  tenant_spec().when(create{"Acme Ltd", "gold"}).then(acme);
  tenant_spec().given(acme).when(create{"Acme Ltd", "gold"}).then_rejected("ALREADY_EXISTS");
  tenant_spec().given(acme, stopped).when(create{"Acme Ltd", "gold"}).then_rejected("ALREADY_EXISTS");
  CHECK(create{}.plan == "default");
}

TEST_CASE("suspend: acts, refuses where there is no tenant, stays quiet when it is suspended") {
  tenant_spec().given(acme).when(suspend{"unpaid"}).then(stopped);
  tenant_spec().when(suspend{"unpaid"}).then_rejected("NOT_FOUND");
  tenant_spec().given(acme, stopped).when(suspend{"another reason"}).then_nothing();
}

TEST_CASE("resume: acts, refuses where there is no tenant, stays quiet when it is active") {
  tenant_spec().given(acme, stopped).when(resume{"paid"}).then(tenant_resumed{"paid"});
  tenant_spec().when(resume{}).then_rejected("NOT_FOUND");
  tenant_spec().given(acme).when(resume{}).then_nothing();
}

TEST_CASE("change_settings: acts on what differs, refuses, stays quiet") {
  const tenant_settings_changed both{{{"locale", json("\"pt-BR\"")}, {"rpm", json("120")}}};
  tenant_spec().given(acme).when(change_settings{both.settings}).then(both);
  tenant_spec()
      .given(acme, both)
      .when(change_settings{{{"locale", json("\"pt-BR\"")}, {"rpm", json("null")}, {"absent", json("null")}}})
      .then(tenant_settings_changed{{{"rpm", json("null")}}})
      .then_look([](const auto& lone, const auto&) {
        CHECK(state_of(lone) ==
              R"({"now":{"situation":"active","with":{"of":{"display_name":"Acme Ltd","plan":"gold","owner":"tester",)"
              R"("created_at":"2026-01-01T00:00:00.000000Z","settings":{"locale":"pt-BR"}}}}})");
      });
  tenant_spec().given(acme, both).when(change_settings{both.settings}).then_nothing();
  tenant_spec().when(change_settings{both.settings}).then_rejected("NOT_FOUND");
  tenant_spec().given(acme, stopped).when(change_settings{both.settings}).then_rejected("TENANT_SUSPENDED");
}

TEST_CASE("settings are bounded in names, number and size") {
  const auto refused = [](std::map<std::string, core::document> settings, const char* path) {
    tenant_spec().given(acme).when(change_settings{std::move(settings)}).then_rejected("INVALID_INPUT", path);
  };
  refused({{"Not A Name", json("1")}}, "/settings/Not A Name");
  refused({{"big", core::to_document(std::string(settings_bytes_max, 'x'))}}, "/settings");
  tenant_settings_changed many;
  for (std::size_t i = 0; i < settings_max; ++i)
    many.settings.emplace("s" + std::to_string(i), json("1"));
  tenant_spec()
      .given(acme, many)
      .when(change_settings{{{"one_more", json("1")}}})
      .then_rejected("INVALID_INPUT", "/settings");
  tenant_spec()
      .given(acme, many)
      .when(change_settings{{{"one_more", json("1")}, {"s0", json("null")}}})
      .then_look([](const auto&, const auto& decided) { CHECK(decided.events().size() == 1); });
}

TEST_CASE("settings survive suspension, and the first reason stays") {
  tenant_spec()
      .given(acme, tenant_settings_changed{{{"rpm", json("120")}}}, stopped)
      .when(suspend{"later"})
      .then_nothing()
      .then_look([](const auto& lone, const auto&) {
        const auto& now = std::get<suspended>(lone.state().now);
        CHECK(now.reason == "unpaid");
        CHECK(now.of.settings.at("rpm") == json("120"));
      });
  tenant_spec()
      .given(acme, tenant_settings_changed{{{"rpm", json("120")}}}, stopped)
      .when(resume{})
      .then(tenant_resumed{})
      .then_look([](const auto& lone, const auto&) {
        CHECK(std::get<active>(lone.state().now).of.settings.at("rpm") == json("120"));
      });
}
