#include "adapters/http/loose_fields.hpp"

#include <algorithm>

#include "domain/core/bytes.hpp"
#include "domain/core/json.hpp"

namespace logline::http {

core::result<std::string> loose_object(const core::type_shape& shape, std::span<const parameter> fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) {
    const auto known = std::find_if(shape.members.begin(), shape.members.end(),
                                    [&wanted = name](const auto& m) { return m.name == wanted; });
    if (known == shape.members.end())
      return core::invalid_input("unknown query parameter", {{"/query/" + core::excerpt(name), "unknown parameter"}});
    if (out.size() > 1) out += ',';
    core::append_json_text(out, name);
    out += ':';
    const core::type_shape& type = *known->type;
    if (type.kind == core::source::kind::text) {
      core::append_json_text(out, value);
      continue;
    }
    if (!core::document_from_json(value))
      return core::invalid_input(name + " must be JSON",
                                 {{"/query/" + name, "must be JSON, such as 7, true or [1,2]"}});
    out += value;
  }
  return out + '}';
}

}  // namespace logline::http
