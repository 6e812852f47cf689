#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/core/entity.hpp"

/// The entity that benchmarks command: a book that orders are added to. Its command and event have the fields of the
/// payloads.
namespace logline::bench {

struct add_order {
  std::string order;
  std::string customer;
  std::string sku;
  std::int64_t quantity = 0;
  std::int64_t price_cents = 0;
  std::string currency;
  std::string placed_at;
  std::string note;
};
struct order_added : add_order {};

struct order_book {
  std::int64_t orders = 0;
  std::int64_t items = 0;
  std::int64_t cents = 0;
  std::string last_customer;
};

struct book_total {
  std::int64_t orders = 0;
};

namespace detail {
template <class T>
constexpr auto describe_order(std::string_view name, std::string_view doc) {
  using core::field;
  return core::description<T>(name, doc, field("order", static_cast<std::string T::*>(&T::order)),
                              field("customer", static_cast<std::string T::*>(&T::customer)),
                              field("sku", static_cast<std::string T::*>(&T::sku)),
                              field("quantity", static_cast<std::int64_t T::*>(&T::quantity)),
                              field("price_cents", static_cast<std::int64_t T::*>(&T::price_cents)),
                              field("currency", static_cast<std::string T::*>(&T::currency)),
                              field("placed_at", static_cast<std::string T::*>(&T::placed_at)),
                              field("note", static_cast<std::string T::*>(&T::note)));
}
}  // namespace detail

constexpr auto describe(core::type_tag<add_order>) {
  return detail::describe_order<add_order>("add_order", "Adds an order.");
}
constexpr auto describe(core::type_tag<order_added>) {
  return detail::describe_order<order_added>("order_added", "An order was added.");
}
constexpr auto describe(core::type_tag<order_book>) {
  using core::field;
  return core::description<order_book>("order_book", "Orders so far.", field("orders", &order_book::orders),
                                       field("items", &order_book::items), field("cents", &order_book::cents),
                                       field("last_customer", &order_book::last_customer));
}
constexpr auto describe(core::type_tag<book_total>) {
  return core::description<book_total>("book_total", "Orders so far.", core::field("orders", &book_total::orders));
}

inline core::decision decide(const order_book& state, const add_order& command, const core::context&) {
  if (command.quantity <= 0) return core::invalid_input("an order of nothing");
  return core::decision{}.emit(order_added{command}).answer(book_total{state.orders + 1});
}
inline void evolve(order_book& state, const order_added& event) {
  ++state.orders;
  state.items += event.quantity;
  state.cents += event.quantity * event.price_cents;
  state.last_customer = event.customer;
}

struct order_book_definition {
  static constexpr std::string_view name = "order_book";
  static constexpr std::string_view doc = "Orders of one shop.";
  static constexpr std::uint32_t fold_version = 1;
  using state = order_book;
  using commands = core::type_list<add_order>;
  using events = core::type_list<order_added>;
};

/// The type finder of a node that knows nothing else.
inline const core::entity_type* find_order_book(std::string_view name) {
  static const core::typed_entity<order_book_definition> type;
  return name == order_book_definition::name ? &type : nullptr;
}

inline core::address order_book_address(std::size_t n) {
  std::string number = std::to_string(n);
  return {"acme", "order_book", "shop-" + std::string(number.size() < 7 ? 7 - number.size() : 0, '0') + number};
}

}  // namespace logline::bench
