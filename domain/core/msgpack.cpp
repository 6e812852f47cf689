#include "domain/core/msgpack.hpp"

// msgpack-c would pull in Boost's preprocessor and std::iostream support that we do not use.
#define MSGPACK_USE_BOOST_STATIC_ASSERT 0
#include <msgpack.hpp>

#include <bit>
#include <cmath>

namespace logline::core {

namespace {

struct string_buffer {
  std::string& out;
  void write(const char* data, std::size_t size) { out.append(data, size); }
};

using packer = msgpack::packer<string_buffer>;

class msgpack_source final : public source {
 public:
  explicit msgpack_source(const msgpack::object& object) : object_(object) {}

  kind type() const override {
    switch (object_.type) {
      case msgpack::type::NIL: return kind::null;
      case msgpack::type::BOOLEAN: return kind::boolean;
      case msgpack::type::POSITIVE_INTEGER: return kind::unsigned_integer;
      case msgpack::type::NEGATIVE_INTEGER: return kind::integer;
      case msgpack::type::FLOAT32:
      case msgpack::type::FLOAT64: return kind::real;
      case msgpack::type::STR: return kind::text;
      case msgpack::type::BIN: return kind::binary;
      case msgpack::type::ARRAY: return kind::array;
      case msgpack::type::MAP: return kind::object;
      case msgpack::type::EXT: break;
    }
    return kind::null;
  }
  bool boolean() const override { return object_.via.boolean; }
  std::int64_t integer() const override { return object_.via.i64; }
  std::uint64_t unsigned_integer() const override { return object_.via.u64; }
  double real() const override { return object_.via.f64; }
  std::string_view text() const override { return {object_.via.str.ptr, object_.via.str.size}; }
  std::string_view binary() const override { return {object_.via.bin.ptr, object_.via.bin.size}; }
  std::size_t size() const override {
    return object_.type == msgpack::type::ARRAY ? object_.via.array.size : object_.via.map.size;
  }
  void each_element(element_visitor& visitor) const override {
    for (std::uint32_t i = 0; i < object_.via.array.size; ++i)
      if (!visitor.element(msgpack_source{object_.via.array.ptr[i]})) return;
  }
  void each_member(member_visitor& visitor) const override {
    for (std::uint32_t i = 0; i < object_.via.map.size; ++i) {
      const auto& entry = object_.via.map.ptr[i];
      const std::string_view name{entry.key.via.str.ptr, entry.key.via.str.size};
      if (!visitor.member(name, msgpack_source{entry.val})) return;
    }
  }
  std::string to_msgpack() const override {
    std::string out;
    msgpack_sink sink{out};
    copy_value(*this, sink);
    return out;
  }
  bool human() const override { return false; }

 private:
  const msgpack::object& object_;
};

// What our own encoders never write and our decoders cannot represent.
bool is_representable(const msgpack::object& object) {
  switch (object.type) {
    case msgpack::type::EXT: return false;
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64: return std::isfinite(object.via.f64);
    case msgpack::type::ARRAY:
      for (std::uint32_t i = 0; i < object.via.array.size; ++i)
        if (!is_representable(object.via.array.ptr[i])) return false;
      return true;
    case msgpack::type::MAP:
      for (std::uint32_t i = 0; i < object.via.map.size; ++i) {
        const auto& entry = object.via.map.ptr[i];
        if (entry.key.type != msgpack::type::STR || !is_representable(entry.val)) return false;
      }
      return true;
    default: return true;
  }
}

}  // namespace

msgpack_sink::msgpack_sink(std::string& out, audience readers) : out_(out), readers_(readers) {}
msgpack_sink::~msgpack_sink() = default;

void msgpack_sink::null() { out_.push_back('\xc0'); }
void msgpack_sink::boolean(bool v) { out_.push_back(v ? '\xc3' : '\xc2'); }
void msgpack_sink::integer(std::int64_t v) {
  string_buffer buffer{out_};
  packer{buffer}.pack_int64(v);
}
void msgpack_sink::unsigned_integer(std::uint64_t v) {
  string_buffer buffer{out_};
  packer{buffer}.pack_uint64(v);
}
void msgpack_sink::real(double v) {
  LL_INVARIANT(std::isfinite(v), "{} cannot be read back", v);
  // msgpack-c would turn whole numbers into integers (and lose the sign of -0.0); a real stays a real.
  out_.push_back('\xcb');
  const auto bits = std::bit_cast<std::uint64_t>(v);
  for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(bits >> shift));
}
void msgpack_sink::text(std::string_view v) {
  string_buffer buffer{out_};
  packer pack{buffer};
  pack.pack_str(static_cast<std::uint32_t>(v.size()));
  pack.pack_str_body(v.data(), static_cast<std::uint32_t>(v.size()));
}
void msgpack_sink::binary(std::string_view v) {
  string_buffer buffer{out_};
  packer pack{buffer};
  pack.pack_bin(static_cast<std::uint32_t>(v.size()));
  pack.pack_bin_body(v.data(), static_cast<std::uint32_t>(v.size()));
}
void msgpack_sink::begin_array(std::size_t size) {
  string_buffer buffer{out_};
  packer{buffer}.pack_array(static_cast<std::uint32_t>(size));
}
void msgpack_sink::begin_object(std::size_t size) {
  string_buffer buffer{out_};
  packer{buffer}.pack_map(static_cast<std::uint32_t>(size));
}
void msgpack_sink::raw(std::string_view msgpack) { out_.append(msgpack); }

outcome read_msgpack(std::string_view encoded, function_ref<void(const source&)> read) {
  const auto malformed = [] { return invalid_input("malformed msgpack value"); };
  // Every element of an array or map takes at least one byte, so no honest length exceeds the input's.
  const std::size_t most = encoded.size();
  const msgpack::unpack_limit limit{most, most, most, most, 0, depth_max};
  thread_local msgpack::zone zone;
  // A decoder may decode a nested document while the outer value is still in use: nested calls get a zone of their own.
  thread_local bool zone_in_use = false;
  msgpack::zone nested_zone;
  const bool nested = std::exchange(zone_in_use, true);
  struct release {
    bool nested;
    msgpack::zone& zone;
    ~release() {
      if (nested) return;
      zone.clear();
      zone_in_use = false;
    }
  } const guard{nested, zone};
  try {
    std::size_t offset = 0;
    bool referenced = false;
    const auto keep_reference = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    const msgpack::object object = msgpack::unpack(nested ? nested_zone : zone, encoded.data(), encoded.size(), offset,
                                                   referenced, keep_reference, nullptr, limit);
    if (offset != encoded.size() || !is_representable(object)) return malformed();
    read(msgpack_source{object});
    return done{};
  } catch (const msgpack::unpack_error&) {
    return malformed();
  }
}

void copy_value(const source& from, sink& to) {
  switch (from.type()) {
    case source::kind::null: return to.null();
    case source::kind::boolean: return to.boolean(from.boolean());
    case source::kind::integer: return to.integer(from.integer());
    case source::kind::unsigned_integer: return to.unsigned_integer(from.unsigned_integer());
    case source::kind::real: return to.real(from.real());
    case source::kind::text: return to.text(from.text());
    case source::kind::binary: return to.binary(from.binary());
    case source::kind::array: {
      struct copy final : source::element_visitor {
        explicit copy(sink& s) : to(s) {}
        bool element(const source& child) override { return copy_value(child, to), true; }
        sink& to;
      } visitor{to};
      to.begin_array(from.size());
      from.each_element(visitor);
      return to.end_array();
    }
    case source::kind::object: {
      struct copy final : source::member_visitor {
        explicit copy(sink& s) : to(s) {}
        bool member(std::string_view name, const source& child) override {
          to.key(name);
          copy_value(child, to);
          return true;
        }
        sink& to;
      } visitor{to};
      to.begin_object(from.size());
      from.each_member(visitor);
      return to.end_object();
    }
  }
}

}  // namespace logline::core
