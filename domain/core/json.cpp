#include "domain/core/json.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include <simdjson.h>

#include "domain/core/described.hpp"
#include "domain/core/msgpack.hpp"

namespace logline::core {

namespace {

// Copies: simdjson's results are temporaries that a range-for would leave dangling.
simdjson::dom::array as_array(simdjson::dom::element e) {
  return e.get_array().value_unsafe();
}
simdjson::dom::object as_object(simdjson::dom::element e) {
  return e.get_object().value_unsafe();
}

constexpr std::int64_t safe_integer_max = (std::int64_t{1} << 53) - 1;

template <class Number>
void append_number(std::string& out, Number v) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, v);
  out.append(buffer, end.ptr);
}

class json_source final : public source {
 public:
  explicit json_source(simdjson::dom::element element) : element_(element) {}

  kind type() const override {
    switch (element_.type()) {
      case simdjson::dom::element_type::ARRAY:
        return kind::array;
      case simdjson::dom::element_type::OBJECT:
        return kind::object;
      case simdjson::dom::element_type::INT64:
        return kind::integer;
      case simdjson::dom::element_type::UINT64:
        return kind::unsigned_integer;
      case simdjson::dom::element_type::DOUBLE:
        return kind::real;
      case simdjson::dom::element_type::STRING:
        return kind::text;
      case simdjson::dom::element_type::BOOL:
        return kind::boolean;
      case simdjson::dom::element_type::NULL_VALUE:
        return kind::null;
    }
    return kind::null;
  }
  bool boolean() const override { return element_.get_bool().value_unsafe(); }
  std::int64_t integer() const override { return element_.get_int64().value_unsafe(); }
  std::uint64_t unsigned_integer() const override { return element_.get_uint64().value_unsafe(); }
  double real() const override { return element_.get_double().value_unsafe(); }
  std::string_view text() const override { return element_.get_string().value_unsafe(); }
  std::string_view binary() const override { return {}; }
  std::size_t size() const override {
    // simdjson saturates size() at 0xFFFFFF; count beyond that.
    std::size_t count = 0;
    if (element_.is_array()) {
      for ([[maybe_unused]] const auto child : as_array(element_))
        ++count;
    } else {
      for ([[maybe_unused]] const auto child : as_object(element_))
        ++count;
    }
    return count;
  }
  void each_element(element_visitor& visitor) const override {
    for (const simdjson::dom::element child : as_array(element_))
      if (!visitor.element(json_source{child})) return;
  }
  void each_member(member_visitor& visitor) const override {
    for (const auto member : as_object(element_))
      if (!visitor.member(member.key, json_source{member.value})) return;
  }
  std::string to_msgpack() const override;
  bool human() const override { return true; }

 private:
  simdjson::dom::element element_;
};

simdjson::dom::parser& thread_parser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

outcome parse(std::string_view json, function_ref<void(simdjson::dom::element)> read) {
  auto& parser = thread_parser();
  const std::size_t capacity = std::max<std::size_t>(json.size(), 1);
  if ((parser.capacity() < capacity || parser.max_depth() != depth_max) &&
      parser.allocate(capacity, depth_max) != simdjson::SUCCESS)
    return invalid_input("JSON text too large");
  simdjson::dom::element root;
  if (const auto error = parser.parse(json.data(), json.size(), true).get(root); error != simdjson::SUCCESS)
    return invalid_input(error == simdjson::DEPTH_ERROR
                             ? "malformed JSON: nested deeper than 64"
                             : std::string{"malformed JSON: "} + simdjson::error_message(error));
  read(root);
  return done{};
}

// {"$b64":"…"} stands for bytes, which JSON lacks.
std::optional<std::string> bytes_in(simdjson::dom::object object, std::size_t size) {
  if (size != 1) return std::nullopt;
  const auto only = *object.begin();
  if (only.key != "$b64" || !only.value.is_string()) return std::nullopt;
  auto raw = from_base64(only.value.get_string().value_unsafe());
  if (!raw) return std::nullopt;
  return *std::move(raw);
}

void transcode(simdjson::dom::element element, msgpack_sink& out) {
  const json_source value{element};
  if (element.is_array()) {
    out.begin_array(value.size());
    for (const simdjson::dom::element child : as_array(element))
      transcode(child, out);
  } else if (element.is_object()) {
    const auto object = as_object(element);
    const std::size_t size = value.size();
    if (const auto raw = bytes_in(object, size)) return out.binary(*raw);
    out.begin_object(size);
    for (const auto member : object) {
      out.key(member.key);
      transcode(member.value, out);
    }
  } else {
    copy_value(value, out);
  }
}

std::string json_source::to_msgpack() const {
  std::string out;
  msgpack_sink sink{out};
  transcode(element_, sink);
  return out;
}

}  // namespace

void json_sink::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (!first_) out_ += ',';
  first_ = false;
}

void json_sink::null() {
  separate();
  out_ += "null";
}
void json_sink::boolean(bool v) {
  separate();
  out_ += v ? "true" : "false";
}
void json_sink::integer(std::int64_t v) {
  separate();
  const bool safe = v >= -safe_integer_max && v <= safe_integer_max;
  if (!safe) out_ += '"';
  append_number(out_, v);
  if (!safe) out_ += '"';
}
void json_sink::unsigned_integer(std::uint64_t v) {
  separate();
  const bool safe = v <= static_cast<std::uint64_t>(safe_integer_max);
  if (!safe) out_ += '"';
  append_number(out_, v);
  if (!safe) out_ += '"';
}
void json_sink::real(double v) {
  LL_INVARIANT(std::isfinite(v), "JSON has no number for {}", v);
  separate();
  const std::size_t begin = out_.size();
  append_number(out_, v);
  // "1" would come back as an integer; keep it a real.
  if (out_.find_first_of(".eE", begin) == std::string::npos) out_ += ".0";
}
void json_sink::text(std::string_view v) {
  separate();
  append_json_text(out_, v);
}
void json_sink::binary(std::string_view v) {
  separate();
  out_ += R"({"$b64":")" + to_base64(v) + "\"}";
}
void json_sink::begin_array(std::size_t) {
  separate();
  out_ += '[';
  first_ = true;
}
void json_sink::end_array() {
  out_ += ']';
  first_ = false;
}
void json_sink::begin_object(std::size_t) {
  separate();
  out_ += '{';
  first_ = true;
}
void json_sink::key(std::string_view name) {
  separate();
  append_json_text(out_, name);
  out_ += ':';
  after_key_ = true;
}
void json_sink::end_object() {
  out_ += '}';
  first_ = false;
}
void json_sink::raw(std::string_view msgpack) {
  if (!read_msgpack(msgpack, [this](const source& value) { copy_value(value, *this); })) null();
}

static void append_escape(std::string& out, unsigned char c) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
  }
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // what begins here stands for itself, and is copied in one piece
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    append_escape(out, c);
    plain = i + 1;
  }
  out.append(text, plain);
  out += '"';
}

outcome read_json(std::string_view json, function_ref<void(const source&)> read) {
  return parse(json, [&](simdjson::dom::element root) { read(json_source{root}); });
}

result<document> document_from_json(std::string_view json) {
  document out;
  const char* problem = nullptr;
  auto parsed = read_json(json, [&](const source& root) {
    problem = document_problem(root);
    if (problem == nullptr) out.msgpack = root.to_msgpack();
  });
  if (!parsed) return parsed.error();
  if (problem != nullptr) return invalid_input(std::string{"malformed JSON: "} + problem);
  return out;
}

std::string json_text(std::string_view msgpack) {
  std::string out;
  json_sink sink{out};
  sink.raw(msgpack);
  return out;
}

std::string json_text(const document& value) {
  return json_text(std::string_view{value.msgpack});
}

}  // namespace logline::core
