#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/context.hpp"
#include "domain/core/described.hpp"
#include "domain/core/envelope.hpp"
#include "domain/core/result.hpp"

namespace logline::core {

template <class T>
inline constexpr char type_identity = 0;

constexpr bool is_private(const attributes& attr) {
  return attr.personal || attr.names_subject;
}

template <described T>
constexpr std::uint16_t personal_field_count() {
  return std::apply([](const auto&... f) { return static_cast<std::uint16_t>((0 + ... + (f.attr.personal ? 1 : 0))); },
                    codec<T>::about.fields);
}

/// The fields of an event that must not be stored as they are; their descriptions say which.
template <described T>
inline constexpr auto private_fields_of = std::apply(
    [](const auto&... f) {
      constexpr std::size_t count =
          std::apply([](const auto&... g) { return (std::size_t{0} + ... + (is_private(g.attr) ? 1u : 0u)); },
                     codec<T>::about.fields);
      std::array<private_field, count> out{};
      std::size_t next = 0;
      static_cast<void>(
          ((is_private(f.attr) ? (out[next++] = {f.name, f.attr.subject, f.attr.names_subject}, 0) : 0), ..., next));
      return out;
    },
    codec<T>::about.fields);

/// An event of any type, and how to store it.
struct event_box {
  const void* identity = nullptr;  ///< &type_identity<T>
  std::shared_ptr<const void> body;
  std::string_view name;
  std::uint16_t version = 1;
  std::uint16_t personal_fields = 0;  ///< how many of its fields are marked personal
  std::string (*encode)(const void*) = nullptr;
  std::optional<timeline_stamp> (*stamp)(const void*) = nullptr;
  std::span<const private_field> private_fields = {};

  template <described T>
  static event_box of(T event) {
    return {&type_identity<T>,
            std::make_shared<const T>(std::move(event)),
            codec<T>::about.name,
            codec<T>::about.version,
            personal_field_count<T>(),
            [](const void* body) { return to_msgpack(*static_cast<const T*>(body)); },
            [](const void* body) -> std::optional<timeline_stamp> {
              // Events of a timeline say their clocks by `auto stamp(const E&) -> timeline_stamp`.
              if constexpr (requires(const T& e) { stamp_of(e); })
                return stamp_of(*static_cast<const T*>(body));
              else
                return (static_cast<void>(body), std::nullopt);
            },
            private_fields_of<T>};
  }
};

/// A reply that may quote stored events instead of carrying them: at `offset` bytes into the msgpack text belongs the
/// named field of the entity's event number `sequence`; nil when that event has no such field. The shell fills the gaps
/// in from the journal, so that big payloads need not live in memory (TSK-17). Personal fields belong into replies
/// only this way: the reply is stored for the command's repetition, and a quote keeps them sealed there (GDP-09).
struct reply_quote {
  std::size_t offset = 0;
  eseq sequence;
  std::string_view field = "payload";  ///< a literal
};

/// Builds a reply with quotes: encode as usual, and call quote() where a payload belongs (it counts as one value).
class quoting_sink final : public sink {
 public:
  void null() override { to_.null(); }
  void boolean(bool v) override { to_.boolean(v); }
  void integer(std::int64_t v) override { to_.integer(v); }
  void unsigned_integer(std::uint64_t v) override { to_.unsigned_integer(v); }
  void real(double v) override { to_.real(v); }
  void text(std::string_view v) override { to_.text(v); }
  void binary(std::string_view v) override { to_.binary(v); }
  void begin_array(std::size_t size) override { to_.begin_array(size); }
  void end_array() override { to_.end_array(); }
  void begin_object(std::size_t size) override { to_.begin_object(size); }
  void key(std::string_view name) override { to_.key(name); }
  void end_object() override { to_.end_object(); }
  void raw(std::string_view msgpack) override { to_.raw(msgpack); }
  bool human() const override { return true; }
  void quote(eseq sequence, std::string_view field = "payload") { quotes_.push_back({text_.size(), sequence, field}); }

  std::string take_text() { return std::move(text_); }
  std::vector<reply_quote> take_quotes() { return std::move(quotes_); }

 private:
  std::string text_;
  msgpack_sink to_{text_, audience::shown};
  std::vector<reply_quote> quotes_;
};

/// What a command leads to: events and a reply, a rejection, or waiting.
class [[nodiscard]] decision {
 public:
  decision() = default;
  decision(failure why) : rejection_(std::move(why)) {}  // NOLINT: `return core::conflict("…");` reads as meant

  template <described T>
  decision&& emit(T event) && {
    events_.push_back(event_box::of(std::move(event)));
    return std::move(*this);
  }
  template <described T>
  decision& emit(T event) & {
    events_.push_back(event_box::of(std::move(event)));
    return *this;
  }
  template <class T>
  decision&& answer(const T& reply) && {
    reply_ = to_shown_msgpack(reply);
    return std::move(*this);
  }
  template <class T>
  decision& answer(const T& reply) & {
    reply_ = to_shown_msgpack(reply);
    return *this;
  }
  decision& answer_quoting(quoting_sink&& reply) {
    reply_ = reply.take_text();
    quotes_ = reply.take_quotes();
    return *this;
  }

  /// "Not yet": the host keeps the command and asks again after every change of state, and at `until`. The answer then
  /// may be to wait longer, for a later `until`: such as until a task becomes due, and then until the deadline that
  /// context::waiting_since() gives. The number of commands that wait is bounded by the host.
  static decision wait_until(timestamp until) {
    decision d;
    d.waits_until_ = until;
    return d;
  }

  const std::vector<event_box>& events() const { return events_; }
  const std::optional<failure>& rejection() const { return rejection_; }
  const std::optional<timestamp>& waits_until() const { return waits_until_; }
  /// One msgpack value, written for doors (audience::shown); nil unless answer() was called.
  const std::string& reply() const { return reply_; }
  const std::vector<reply_quote>& quotes() const { return quotes_; }

 private:
  std::vector<event_box> events_;
  std::string reply_ = std::string(1, '\xc0');
  std::vector<reply_quote> quotes_;
  std::optional<failure> rejection_;
  std::optional<timestamp> waits_until_;
};

}  // namespace logline::core
