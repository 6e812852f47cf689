#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/core/result.hpp"

namespace logline::core {

/// Where an encoder puts values, in order. Implementations: msgpack (on disk, between nodes) and JSON (at the edges).
class sink {
 public:
  virtual ~sink() = default;
  virtual void null() = 0;
  virtual void boolean(bool v) = 0;
  virtual void integer(std::int64_t v) = 0;
  virtual void unsigned_integer(std::uint64_t v) = 0;
  virtual void real(double v) = 0;
  virtual void text(std::string_view v) = 0;
  virtual void binary(std::string_view v) = 0;
  virtual void begin_array(std::size_t size) = 0;
  virtual void end_array() = 0;
  virtual void begin_object(std::size_t size) = 0;
  virtual void key(std::string_view name) = 0;
  virtual void end_object() = 0;
  /// One complete msgpack value, copied or transcoded.
  virtual void raw(std::string_view msgpack) = 0;
  /// JSON shows some types as text (UUID, time, base64) that msgpack keeps as numbers or bytes.
  virtual bool human() const = 0;
};

/// A parsed value that a decoder reads; refers to the parser's memory.
class source {
 public:
  enum class kind : std::uint8_t { null, boolean, integer, unsigned_integer, real, text, binary, array, object };

  /// Told a child; returns false to stop.
  struct element_visitor {
    virtual bool element(const source& child) = 0;

   protected:
    ~element_visitor() = default;
  };
  struct member_visitor {
    virtual bool member(std::string_view name, const source& child) = 0;

   protected:
    ~member_visitor() = default;
  };

  virtual kind type() const = 0;
  virtual bool boolean() const = 0;
  virtual std::int64_t integer() const = 0;
  virtual std::uint64_t unsigned_integer() const = 0;
  virtual double real() const = 0;
  virtual std::string_view text() const = 0;
  virtual std::string_view binary() const = 0;
  virtual std::size_t size() const = 0;
  virtual void each_element(element_visitor& visitor) const = 0;
  virtual void each_member(member_visitor& visitor) const = 0;
  /// The whole value as canonical msgpack.
  virtual std::string to_msgpack() const = 0;
  virtual bool human() const = 0;

 protected:
  ~source() = default;
};

class secret_box;

/// How strictly to decode, and what went wrong. Commands from outside are decoded strictly (unknown fields, limits,
/// duplicate keys are errors); stored events tolerantly (unknown fields are ignored, JRN-09).
class decode_scope {
 public:
  explicit decode_scope(bool strict, const secret_box* sealer = nullptr) : strict_(strict), sealer_(sealer) {}

  bool strict() const { return strict_; }
  /// Seals secrets that arrive in clear; null where none may arrive.
  const secret_box* sealer() const { return sealer_; }

  /// Notes a problem at the current place; decoding goes on so that one answer names several mistakes (16 at most).
  void fail(std::string problem);
  bool failed() const { return !details_.empty(); }
  /// INVALID_INPUT with every place that was wrong.
  failure take_failure(std::string_view what);

  void enter(std::string_view name) { path_.push_back({name, 0, false}); }
  void enter(std::size_t index) { path_.push_back({{}, index, true}); }
  void leave() { path_.pop_back(); }

 private:
  struct step {
    std::string_view name;
    std::size_t index;
    bool is_index;
  };
  bool strict_;
  const secret_box* sealer_;
  std::vector<step> path_;
  std::vector<failure_detail> details_;
};

}  // namespace logline::core
