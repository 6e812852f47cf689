#include <algorithm>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"

namespace logline::core {

namespace {

void write_schema(json_sink& to, const type_shape& shape, const type_shape::member* as);

std::string_view type_name(const type_shape& shape) {
  switch (shape.kind) {
    case source::kind::boolean:
      return "boolean";
    case source::kind::integer:
    case source::kind::unsigned_integer:
      return "integer";
    case source::kind::real:
      return "number";
    case source::kind::text:
    case source::kind::binary:
      return "string";
    case source::kind::array:
      return "array";
    case source::kind::object:
      return "object";
    case source::kind::null:
      return "null";
  }
  LL_INVARIANT(false, "kind {} has no JSON type", static_cast<int>(shape.kind));
}

void write_text_member(json_sink& to, std::string_view key, std::string_view value) {
  to.key(key);
  to.text(value);
}

void write_limits(json_sink& to, const type_shape& shape, const attributes& attr) {
  const attributes none;
  const auto limit = [&](std::string_view key, auto value, auto unset) {
    if (value == unset) return;
    to.key(key);
    to.integer(static_cast<std::int64_t>(value));
  };
  if (shape.kind == source::kind::integer || shape.kind == source::kind::unsigned_integer) {
    const bool never_negative = shape.kind == source::kind::unsigned_integer;
    limit("minimum", never_negative ? std::max<std::int64_t>(attr.min, 0) : attr.min, none.min);
    limit("maximum", attr.max, none.max);
  } else if (shape.kind == source::kind::array) {
    limit("minItems", attr.size_min, none.size_min);
    limit("maxItems", attr.size_max, none.size_max);
  } else if (shape.kind == source::kind::text && shape.names.empty() && shape.format != "base64") {
    limit("minLength", attr.size_min, none.size_min);
    limit("maxLength", attr.size_max, none.size_max);
    if (attr.text == charset::name) write_text_member(to, "pattern", "^[a-z0-9][a-z0-9_.-]{0,63}$");
    if (attr.text == charset::visible) write_text_member(to, "pattern", "^[!-~]+$");
  }
}

void write_object(json_sink& to, const type_shape& shape) {
  to.key("properties");
  to.begin_object(shape.members.size());
  for (const auto& member : shape.members) {
    to.key(member.name);
    write_schema(to, *member.type, &member);
  }
  to.end_object();
  to.key("required");
  to.begin_array(0);
  for (const auto& member : shape.members)
    if (!member.attr.optional) to.text(member.name);
  to.end_array();
  to.key("additionalProperties");
  to.boolean(false);
}

void write_alternatives(json_sink& to, const type_shape& shape) {
  to.key("oneOf");
  to.begin_array(0);
  for (const auto* alternative : shape.alternatives) {
    to.begin_object(0);
    write_text_member(to, "type", "object");
    to.key("properties");
    to.begin_object(0);
    to.key("situation");
    to.begin_object(0);
    write_text_member(to, "const", alternative->name);
    to.end_object();
    to.key("with");
    write_schema(to, *alternative, nullptr);
    to.end_object();
    to.key("required");
    to.begin_array(0);
    to.text("situation");
    to.text("with");
    to.end_array();
    to.end_object();
  }
  to.end_array();
}

void write_type(json_sink& to, const type_shape& shape) {
  if (shape.format == "any") return;
  to.key("type");
  if (shape.nullable) {
    to.begin_array(2);
    to.text(type_name(shape));
    to.text("null");
    to.end_array();
  } else {
    to.text(type_name(shape));
  }
  if (shape.format == "base64")
    write_text_member(to, "contentEncoding", "base64");
  else if (shape.format == "secret")
    write_text_member(to, "format", "password");
  else if (!shape.format.empty())
    write_text_member(to, "format", shape.format);
}

void write_schema(json_sink& to, const type_shape& shape, const type_shape::member* as) {
  to.begin_object(0);
  if (!shape.alternatives.empty()) {
    write_alternatives(to, shape);
    return to.end_object();
  }
  write_type(to, shape);
  const std::string_view doc = as != nullptr && !as->attr.doc.empty() ? as->attr.doc : shape.doc;
  if (!doc.empty()) write_text_member(to, "description", doc);
  if (!shape.names.empty()) {
    to.key("enum");
    to.begin_array(0);
    for (const auto name : shape.names)
      to.text(name);
    to.end_array();
  }
  if (as != nullptr) {
    write_limits(to, shape, as->attr);
    if (!as->attr.unit.empty()) write_text_member(to, "x-unit", as->attr.unit);
    if (as->attr.personal) {
      to.key("x-personal");
      to.boolean(true);
    }
    if (!as->attr.subject.empty()) write_text_member(to, "x-subject", as->attr.subject);
    if (as->attr.names_subject) {
      to.key("x-names-subject");
      to.boolean(true);
    }
    if (!as->default_msgpack.empty()) {
      to.key("default");
      to.raw(as->default_msgpack);
    }
  }
  if (shape.element != nullptr) {
    to.key(shape.is_map ? "additionalProperties" : "items");
    write_schema(to, *shape.element, nullptr);
  } else if (shape.kind == source::kind::object && shape.format != "any") {
    write_object(to, shape);
  }
  to.end_object();
}

}  // namespace

std::string json_schema(const type_shape& shape) {
  std::string out;
  json_sink to{out};
  write_schema(to, shape, nullptr);
  return out;
}

namespace {

void show_value(const type_shape& shape, const source& from, sink& to);

const type_shape* member_shape(const type_shape& shape, std::string_view name) {
  const auto found =
      std::find_if(shape.members.begin(), shape.members.end(), [&](const auto& m) { return m.name == name; });
  return found == shape.members.end() ? nullptr : found->type;
}

// The situation's own shape for "with"; "situation" is plain text.
const type_shape* alternative_shape(const type_shape& shape, const source& sum, std::string_view name) {
  if (name != "with") return nullptr;
  struct visitor final : source::member_visitor {
    bool member(std::string_view key, const source& child) override {
      if (key == "situation" && child.type() == source::kind::text) situation = child.text();
      return situation.empty();
    }
    std::string_view situation;
  } each;
  sum.each_member(each);
  const auto found = std::find_if(shape.alternatives.begin(), shape.alternatives.end(),
                                  [&](const type_shape* a) { return a->name == each.situation; });
  return found == shape.alternatives.end() ? nullptr : *found;
}

void show_object(const type_shape& shape, const source& from, sink& to) {
  struct visitor final : source::member_visitor {
    visitor(const type_shape& s, const source& f, sink& t) : shape(s), whole(f), out(t) {}
    bool member(std::string_view name, const source& child) override {
      const type_shape* known = shape.is_map                 ? shape.element
                                : shape.alternatives.empty() ? member_shape(shape, name)
                                                             : alternative_shape(shape, whole, name);
      out.key(name);
      if (known != nullptr)
        show_value(*known, child, out);
      else
        copy_value(child, out);
      return true;
    }
    const type_shape& shape;
    const source& whole;
    sink& out;
  } each{shape, from, to};
  to.begin_object(from.size());
  from.each_member(each);
  to.end_object();
}

void show_array(const type_shape& element, const source& from, sink& to) {
  struct visitor final : source::element_visitor {
    visitor(const type_shape& s, sink& t) : shape(s), out(t) {}
    bool element(const source& child) override { return show_value(shape, child, out), true; }
    const type_shape& shape;
    sink& out;
  } each{element, to};
  to.begin_array(from.size());
  from.each_element(each);
  to.end_array();
}

void show_binary(const type_shape& shape, std::string_view raw, sink& to) {
  if (shape.format == "uuid" && raw.size() == 16) return to.text(uuid::from(raw).text());
  if (shape.format == "sha256" && raw.size() == 32) return to.text(to_hex(raw));
  if (shape.format == "base64") return to.text(to_base64(raw));
  if (shape.format == "secret") return codec<sealed_secret>::encode(to, {std::string{raw}});
  to.binary(raw);
}

void show_value(const type_shape& shape, const source& from, sink& to) {
  std::int64_t us = 0;
  switch (from.type()) {
    case source::kind::binary:
      return show_binary(shape, from.binary(), to);
    case source::kind::array:
      return shape.element != nullptr ? show_array(*shape.element, from, to) : copy_value(from, to);
    case source::kind::object:
      return show_object(shape, from, to);
    case source::kind::integer:
    case source::kind::unsigned_integer:
      if (shape.format == "date-time" && read_integer(from, us)) return codec<timestamp>::encode(to, {us});
      return copy_value(from, to);
    default:
      return copy_value(from, to);
  }
}

}  // namespace

void show_stored(const type_shape& shape, std::string_view stored, sink& to) {
  LL_INVARIANT(to.human(), "values are shown to doors, through a sink of theirs");
  if (!read_msgpack(stored, [&](const source& from) { show_value(shape, from, to); })) to.null();
}

}  // namespace logline::core
