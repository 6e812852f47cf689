#pragma once

#include <tuple>
#include <type_traits>

#include "domain/core/described.hpp"

/// Structs that a state holds by the million are stored as arrays, without the names of their fields:
///
///   constexpr auto array_members(core::type_tag<entry>) { return std::tuple{&entry::id, &entry::n}; }
namespace logline::timeline {

template <class T>
concept stored_as_array = requires {
  array_members(core::type_tag<T>{});
};

}  // namespace logline::timeline

namespace logline::core {

template <timeline::stored_as_array T>
struct codec<T> {
  static constexpr auto members = array_members(type_tag<T>{});
  static constexpr std::size_t size = std::tuple_size_v<std::remove_const_t<decltype(members)>>;

  static void encode(sink& to, const T& v) {
    to.begin_array(size);
    std::apply([&](auto... member) { (encode_value(to, v.*member), ...); }, members);
    to.end_array();
  }
  static void decode(const source& from, T& v, decode_scope& scope, const attributes&) {
    if (from.type() != source::kind::array || from.size() != size)
      return scope.fail("must be a list of the right length");
    struct visitor final : source::element_visitor {
      visitor(T& o, decode_scope& s) : out(o), scope(s) {}
      bool element(const source& child) override {
        scope.enter(next);
        std::size_t index = 0;
        std::apply([&](auto... member) { ((index++ == next ? read_member(child, out.*member, scope) : void()), ...); },
                   members);
        scope.leave();
        ++next;
        return true;
      }
      T& out;
      decode_scope& scope;
      std::size_t next = 0;
    } each{v, scope};
    from.each_element(each);
  }
  template <class Member>
  static void read_member(const source& child, Member& member, decode_scope& scope) {
    codec<Member>::decode(child, member, scope, {});
  }
  static const type_shape& shape() {
    static const type_shape any{.kind = source::kind::array, .format = "any"};
    return any;
  }
};

}  // namespace logline::core
