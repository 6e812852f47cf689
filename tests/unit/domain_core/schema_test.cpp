#include "domain/core/json.hpp"
#include "tests/unit/domain_core/golden.hpp"
#include "tests/unit/domain_core/sample.hpp"

using namespace logline;

TEST_CASE("the JSON Schema of a description says types, limits, units, defaults and what is personal") {
  const std::string schema = core::json_schema(core::codec<sample::everything>::shape());
  CHECK(core::document_from_json(schema));
  fixtures::check_golden(__FILE__, "everything.schema.json", schema + "\n");
}

TEST_CASE("personal fields are marked in the shape, and can be counted") {
  const auto& shape = core::codec<sample::everything>::shape();
  std::vector<std::string_view> personal;
  for (const auto& member : shape.members)
    if (member.attr.personal) personal.push_back(member.name);
  CHECK(personal == std::vector<std::string_view>{"text", "note"});
}
