#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "domain/core/bytes.hpp"
#include "domain/core/codec.hpp"
#include "domain/core/function_ref.hpp"

namespace logline::core {

/// Nesting allowed in any decoded value (engine §16).
inline constexpr std::size_t depth_max = 64;

/// For whom a value is written: kept compact for ourselves, or shown by a door (ids, times, digests and bytes as text,
/// secrets hidden). A door turns shown msgpack into JSON without knowing the value's type.
enum class audience : std::uint8_t { stored, shown };

/// Encodes to msgpack. Appends to `out`, which must outlive the sink.
class msgpack_sink final : public sink {
 public:
  explicit msgpack_sink(std::string& out, audience readers = audience::stored);
  ~msgpack_sink() override;
  void null() override;
  void boolean(bool v) override;
  void integer(std::int64_t v) override;
  void unsigned_integer(std::uint64_t v) override;
  void real(double v) override;
  void text(std::string_view v) override;
  void binary(std::string_view v) override;
  void begin_array(std::size_t size) override;
  void end_array() override {}
  void begin_object(std::size_t size) override;
  void key(std::string_view name) override { text(name); }
  void end_object() override {}
  void raw(std::string_view msgpack) override;
  bool human() const override { return readers_ == audience::shown; }

 private:
  std::string& out_;
  audience readers_;
};

/// Parses exactly one msgpack value and hands it to `read`. Refuses trailing bytes, nesting beyond depth_max, extension
/// types and non-text map keys. Bounded by the input: no length field can make it allocate more than a small multiple
/// of the input.
outcome read_msgpack(std::string_view encoded, function_ref<void(const source&)> read);

/// Feeds a value, read from anywhere, to a sink. Objects keep their order.
void copy_value(const source& from, sink& to);

}  // namespace logline::core
