#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/context.hpp"
#include "domain/core/decision.hpp"
#include "domain/core/described.hpp"

/// An entity type, as the shell sees it: names, shapes, and pure functions behind one interface.
///
/// What an author writes (domain/operations/flag.* is the smallest example):
///
///   struct flag_definition {
///     static constexpr std::string_view name = "flag";
///     static constexpr std::string_view doc = "A switch …";
///     static constexpr std::uint32_t fold_version = 1;        // raise when evolve or the state's shape changes
///     using state = flag;
///     using commands = type_list<set_flag, unset_flag>;
///     using events = type_list<flag_set, flag_unset>;
///     using queries = type_list<>;                            // optional
///   };
///   auto decide(const flag&, const set_flag&, const context&) -> decision;     one per command
///   void evolve(flag&, const flag_set&, const record_meta&);                   one per event; meta may be left out
///   auto answer(const flag&, const some_query&, const context&) -> decision;   one per query; emits nothing
///   auto next_wake(const flag&) -> std::optional<timestamp>;                   optional: when time changes the state …
///   auto decide(const flag&, const woken&, const context&) -> decision;        … this decides what becomes of it
///   inline constexpr std::array upcasters{…};                                  optional member of the definition
///   (JRN-09) inline constexpr std::array<std::string_view, 1> retired{…};               optional: events kept but no
///   longer folded
namespace logline::core {

template <class... Ts>
struct type_list {};

/// The command of the timekeeper: the time that next_wake() named has come.
struct woken {};

/// Turns the payload of an older version of an event into the next version's (JRN-09). Pure; tested with golden files.
struct upcaster {
  std::string_view event;
  std::uint16_t from_version;
  document (*upcast)(const document&);
};

struct message_info {
  std::string_view name;
  std::string_view doc;
  std::uint16_t version = 1;
  const type_shape* shape = nullptr;
};

/// An entity's state of whatever type, owned.
using state_ptr = std::unique_ptr<void, void (*)(void*)>;

/// A decoded command or query, ready to be decided on; immutable, may cross threads.
struct command_box {
  std::shared_ptr<const void> body;
  std::size_t index = 0;  ///< into commands() or queries()
  bool is_query = false;
};

enum class applied : std::uint8_t { folded, skipped_retired };

class entity_type {
 public:
  virtual ~entity_type() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view doc() const = 0;
  virtual std::uint32_t fold_version() const = 0;
  virtual std::span<const message_info> commands() const = 0;
  virtual std::span<const message_info> queries() const = 0;
  virtual std::span<const message_info> events() const = 0;
  virtual const type_shape& state_shape() const = 0;

  /// A new entity, before its first event.
  virtual state_ptr vacant() const = 0;

  /// Decodes strictly. UNKNOWN_COMMAND (not_found) when there is neither a command nor a query of that name;
  /// INVALID_INPUT with every offending place otherwise. `sealer` seals secret fields; may be null where none are
  /// expected.
  virtual result<command_box> decode_command(std::string_view name, const source& body,
                                             const secret_box* sealer) const = 0;

  virtual decision decide(const void* state, const command_box& command, const context& ctx) const = 0;
  virtual decision wake(const void* state, const context& ctx) const = 0;
  virtual std::optional<timestamp> next_wake(const void* state) const = 0;

  virtual void evolve(void* state, const event_box& event, const record_meta& meta) const = 0;
  /// Folds a stored event, upcasting older versions. UNKNOWN_SCHEMA for events or versions this program does not know.
  virtual result<applied> apply(void* state, std::string_view event, std::uint16_t version, std::string_view payload,
                                const record_meta& meta) const = 0;

  virtual void encode_state(const void* state, sink& to) const = 0;
  virtual result<state_ptr> decode_state(std::string_view msgpack) const = 0;

  /// SHA-256 over type name, fold version and canonical state: equal states, equal hashes, on every node (REP-04).
  digest state_hash(const void* state) const;
};

namespace detail {

failure unknown_command(std::string_view entity, std::string_view command);
failure unknown_event(std::string_view entity, std::string_view event, std::uint16_t version);

template <class T>
message_info info_of() {
  return {codec<T>::about.name, codec<T>::about.doc, codec<T>::about.version, &codec<T>::shape()};
}

template <class State, class Event>
void evolve_one(State& state, const Event& event, const record_meta& meta) {
  if constexpr (requires { evolve(state, event, meta); })
    evolve(state, event, meta);
  else
    evolve(state, event);
}

// The author's free functions, found by argument-dependent look-up: members of the same name would hide them.
template <class State, class Command>
decision decide_one(const State& state, const Command& command, const context& ctx) {
  return decide(state, command, ctx);
}
template <class State, class Query>
decision answer_one(const State& state, const Query& query, const context& ctx) {
  return answer(state, query, ctx);
}
template <class State>
concept wakes = requires(const State& state, const context& ctx) {
  decide(state, woken{}, ctx);
  next_wake(state);
};
template <wakes State>
std::optional<timestamp> next_wake_of(const State& state) {
  return next_wake(state);
}

template <class D>
struct queries_of {
  using type = type_list<>;
};
template <class D>
requires requires {
  typename D::queries;
}
struct queries_of<D> {
  using type = typename D::queries;
};

}  // namespace detail

template <class D>
class typed_entity final : public entity_type {
  using state = typename D::state;

 public:
  std::string_view name() const override { return D::name; }
  std::string_view doc() const override { return D::doc; }
  std::uint32_t fold_version() const override { return D::fold_version; }
  std::span<const message_info> commands() const override { return commands_; }
  std::span<const message_info> queries() const override { return queries_; }
  std::span<const message_info> events() const override { return events_; }
  const type_shape& state_shape() const override { return codec<state>::shape(); }

  state_ptr vacant() const override { return own(new state{}); }

  result<command_box> decode_command(std::string_view name, const source& body,
                                     const secret_box* sealer) const override {
    std::optional<result<command_box>> decoded;
    find_command(name, body, sealer, decoded, typename D::commands{}, false);
    if (!decoded) find_command(name, body, sealer, decoded, typename detail::queries_of<D>::type{}, true);
    if (!decoded) return detail::unknown_command(D::name, name);
    return *std::move(decoded);
  }

  decision decide(const void* s, const command_box& command, const context& ctx) const override {
    const auto& now = *static_cast<const state*>(s);
    return command.is_query ? answer_at(now, command, ctx, typename detail::queries_of<D>::type{})
                            : decide_at(now, command, ctx, typename D::commands{});
  }

  decision wake(const void* s, const context& ctx) const override {
    if constexpr (detail::wakes<state>)
      return detail::decide_one(*static_cast<const state*>(s), woken{}, ctx);
    else
      return (static_cast<void>(s), static_cast<void>(ctx), decision{});
  }

  std::optional<timestamp> next_wake(const void* s) const override {
    if constexpr (detail::wakes<state>)
      return detail::next_wake_of(*static_cast<const state*>(s));
    else
      return (static_cast<void>(s), std::nullopt);
  }

  void evolve(void* s, const event_box& event, const record_meta& meta) const override {
    const bool known = evolve_box(*static_cast<state*>(s), event, meta, typename D::events{});
    LL_INVARIANT(known, "{} decided on an event {} that it does not list", D::name, event.name);
  }

  result<applied> apply(void* s, std::string_view event, std::uint16_t version, std::string_view payload,
                        const record_meta& meta) const override {
    std::optional<result<applied>> folded;
    apply_stored(*static_cast<state*>(s), event, version, payload, meta, folded, typename D::events{});
    if (folded) return *std::move(folded);
    if constexpr (requires { D::retired; })
      if (std::find(D::retired.begin(), D::retired.end(), event) != D::retired.end()) return applied::skipped_retired;
    return detail::unknown_event(D::name, event, version);
  }

  void encode_state(const void* s, sink& to) const override { encode_value(to, *static_cast<const state*>(s)); }

  result<state_ptr> decode_state(std::string_view msgpack) const override {
    auto decoded = from_msgpack<state>(msgpack);
    if (!decoded) return decoded.error();
    return own(new state(*std::move(decoded)));
  }

 private:
  static state_ptr own(state* s) {
    return state_ptr{s, [](void* p) { delete static_cast<state*>(p); }};
  }

  template <class... Ts>
  static std::vector<message_info> infos(type_list<Ts...>) {
    return {detail::info_of<Ts>()...};
  }

  template <class... Cs>
  static void find_command([[maybe_unused]] std::string_view name, [[maybe_unused]] const source& body,
                           [[maybe_unused]] const secret_box* sealer,
                           [[maybe_unused]] std::optional<result<command_box>>& out, type_list<Cs...>,
                           [[maybe_unused]] bool is_query) {
    [[maybe_unused]] std::size_t index = 0;
    static_cast<void>(
        (((codec<Cs>::about.name == name && (out.emplace(decode<Cs>(body, sealer, index, is_query)), true)) ||
          (++index, false)) ||
         ...));
  }
  template <class C>
  static result<command_box> decode(const source& body, const secret_box* sealer, std::size_t index, bool is_query) {
    auto command = std::make_shared<C>();
    decode_scope scope{true, sealer};
    codec<C>::decode(body, *command, scope, {});
    if (scope.failed()) return scope.take_failure(codec<C>::about.name);
    return command_box{std::move(command), index, is_query};
  }

  template <class... Cs>
  static decision decide_at(const state& s, const command_box& command, const context& ctx, type_list<Cs...>) {
    using function = decision (*)(const state&, const void*, const context&);
    static constexpr std::array<function, sizeof...(Cs)> table{
        [](const state& st, const void* c, const context& x) -> decision {
          return detail::decide_one(st, *static_cast<const Cs*>(c), x);
        }...};
    return table.at(command.index)(s, command.body.get(), ctx);
  }
  template <class... Qs>
  static decision answer_at(const state& s, const command_box& query, const context& ctx, type_list<Qs...>) {
    using function = decision (*)(const state&, const void*, const context&);
    static constexpr std::array<function, sizeof...(Qs) + 1> table{
        [](const state& st, const void* q, const context& x) -> decision {
          return detail::answer_one(st, *static_cast<const Qs*>(q), x);
        }...,
        nullptr};
    return table.at(query.index)(s, query.body.get(), ctx);
  }

  template <class... Es>
  static bool evolve_box(state& s, const event_box& event, const record_meta& meta, type_list<Es...>) {
    return ((event.identity == &type_identity<Es> &&
             (detail::evolve_one(s, *static_cast<const Es*>(event.body.get()), meta), true)) ||
            ...);
  }

  template <class... Es>
  static void apply_stored(state& s, std::string_view event, std::uint16_t version, std::string_view payload,
                           const record_meta& meta, std::optional<result<applied>>& out, type_list<Es...>) {
    static_cast<void>(
        ((codec<Es>::about.name == event && (out.emplace(apply_one<Es>(s, version, payload, meta)), true)) || ...));
  }
  template <class E>
  static result<applied> apply_one(state& s, std::uint16_t version, std::string_view payload, const record_meta& meta) {
    document current;
    if (version != codec<E>::about.version) {
      current.msgpack = payload;
      if (!upcast_to_current<E>(version, current)) return detail::unknown_event(D::name, codec<E>::about.name, version);
      payload = current.msgpack;
    }
    auto decoded = from_msgpack<E>(payload);
    if (!decoded) return decoded.error();
    detail::evolve_one(s, *decoded, meta);
    return applied::folded;
  }
  template <class E>
  static bool upcast_to_current(std::uint16_t version, document& payload) {
    if constexpr (requires { D::upcasters; }) {
      for (; version < codec<E>::about.version; ++version) {
        const auto step = std::find_if(D::upcasters.begin(), D::upcasters.end(), [&](const upcaster& u) {
          return u.event == codec<E>::about.name && u.from_version == version;
        });
        if (step == D::upcasters.end()) return false;
        payload = step->upcast(payload);
      }
    }
    return (static_cast<void>(payload), version == codec<E>::about.version);
  }

  std::vector<message_info> commands_ = infos(typename D::commands{});
  std::vector<message_info> queries_ = infos(typename detail::queries_of<D>::type{});
  std::vector<message_info> events_ = infos(typename D::events{});
};

}  // namespace logline::core
