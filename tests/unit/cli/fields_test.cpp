#include <catch2/catch.hpp>

#include "adapters/cli/fields.hpp"
#include "adapters/cli/json_peek.hpp"
#include "domain/core/described.hpp"
#include "tests/unit/cli/command_line.hpp"

using namespace logline;
using cli::field_kind;

namespace {

cli::field_kinds kinds() {
  return {{"kind", field_kind::text}, {"count", field_kind::json}, {"blob", field_kind::base64}};
}

std::string object(const std::vector<std::string>& arguments) {
  const auto made = cli::object_of(arguments, kinds());
  REQUIRE(made);
  return *made;
}

}  // namespace

TEST_CASE("fields take their type from the schema") {
  CHECK(object({}) == "{}");
  CHECK(object({"kind=7", "count=7"}) == R"({"kind":"7","count":7})");
  CHECK(object({"kind=a \"b\" = c"}) == R"({"kind":"a \"b\" = c"})");
  CHECK(object({"kind="}) == R"({"kind":""})");
  CHECK(object({R"(count={"a":[1,true]})"}) == R"({"count":{"a":[1,true]}})");
  CHECK(object({"blob=YWJj"}) == R"({"blob":"YWJj"})");
}

TEST_CASE("a field that the schema does not know is JSON where it can be") {
  CHECK(object({"new=7", "other=seven"}) == R"({"new":7,"other":"seven"})");
}

TEST_CASE("values come from files") {
  const fixtures::temporary_folder folder;
  const auto file = folder.write("value", "{\"a\":1}").string();
  CHECK(object({"count=@" + file}) == R"({"count":{"a":1}})");
  CHECK(object({"kind=@" + file}) == R"({"kind":"{\"a\":1}"})");
  CHECK(object({"blob=@" + file}) == R"({"blob":"eyJhIjoxfQ=="})");
  CHECK(object({"kind=@@home"}) == R"({"kind":"@home"})");
}

TEST_CASE("arguments that are no fields are refused") {
  const auto argument = GENERATE(as<std::string>{}, "count", "=7", "count=seven", "count=", "count=1 2", "kind=\xff",
                                 "kind=@/no/such/file");
  INFO(argument);
  const auto made = cli::object_of({argument}, kinds());
  REQUIRE_FALSE(made);
  CHECK(made.error().code == cli::exit_usage);
  CHECK_FALSE(cli::object_of({"count=1", "count=2"}, kinds()));
}

TEST_CASE("the schema of a command says how its fields are written") {
  core::type_shape shape{.kind = core::source::kind::object};
  const auto add = [&](std::string_view name, const core::type_shape& type) {
    shape.members.push_back({name, {}, &type, {}});
  };
  add("text", core::codec<std::string>::shape());
  add("maybe", core::codec<std::optional<std::string>>::shape());
  add("number", core::codec<std::int64_t>::shape());
  add("blob", core::codec<core::bytes>::shape());
  add("any", core::codec<core::document>::shape());
  add("id", core::codec<core::uuid>::shape());
  add("list", core::codec<std::vector<std::string>>::shape());
  const auto found = cli::kinds_of(core::json_schema(shape));
  CHECK(found.at("text") == field_kind::text);
  CHECK(found.at("maybe") == field_kind::text);
  CHECK(found.at("number") == field_kind::json);
  CHECK(found.at("blob") == field_kind::base64);
  CHECK(found.at("any") == field_kind::json);
  CHECK(found.at("id") == field_kind::text);
  CHECK(found.at("list") == field_kind::json);
}

TEST_CASE("JSON is looked into without knowing its shape") {
  const std::string json = R"({"a":"x\n","b":[1,{"c":null}],"d":9007199254740993})";
  CHECK(cli::text_of(json, "a") == "x\n");
  CHECK(cli::member_of(json, "a") == R"("x\n")");
  CHECK(cli::member_of(json, "d") == R"("9007199254740993")");
  CHECK(cli::member_of(json, "e").empty());
  CHECK(cli::elements_of(cli::member_of(json, "b")) == std::vector<std::string>{"1", R"({"c":null})"});
  CHECK(cli::members_of("[1]").empty());
  CHECK(cli::elements_of("{").empty());
}
