#pragma once

#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "domain/core/codec.hpp"
#include "domain/core/function_ref.hpp"

namespace logline::core {

/// Encodes to compact JSON (RFC 8259). 64-bit integers beyond ±(2^53−1) become text so that no reader loses digits;
/// binary becomes {"$b64":"…"} unless the field's type says base64 text.
class json_sink final : public sink {
 public:
  explicit json_sink(std::string& out) : out_(out) {}
  void null() override;
  void boolean(bool v) override;
  void integer(std::int64_t v) override;
  void unsigned_integer(std::uint64_t v) override;
  void real(double v) override;
  void text(std::string_view v) override;
  void binary(std::string_view v) override;
  void begin_array(std::size_t size) override;
  void end_array() override;
  void begin_object(std::size_t size) override;
  void key(std::string_view name) override;
  void end_object() override;
  void raw(std::string_view msgpack) override;
  bool human() const override { return true; }

 private:
  void separate();
  std::string& out_;
  bool first_ = true;
  bool after_key_ = false;
};

/// Parses one JSON text (simdjson; UTF-8 checked, nesting ≤ depth_max, no trailing text) and hands it to `read`.
outcome read_json(std::string_view json, function_ref<void(const source&)> read);

/// Appends a JSON string literal, quotes included.
void append_json_text(std::string& out, std::string_view text);

/// A free-form value from JSON. Refuses duplicate keys and numbers that fit neither 64-bit integers nor doubles; a
/// member
/// {"$b64":"…"} becomes binary.
result<document> document_from_json(std::string_view json);

/// The value as compact JSON. A document is valid by construction; damage shows as null.
std::string json_text(const document& value);
std::string json_text(std::string_view msgpack);

}  // namespace logline::core
