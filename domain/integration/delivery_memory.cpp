#include "domain/integration/delivery_memory.hpp"

#include "domain/core/digest.hpp"

namespace logline::integration {

delivery_memory::key delivery_memory::key_of(std::string_view delivery_id) {
  const auto digest = core::sha256(delivery_id);
  key out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8 | digest.octets[i];
    out.low = out.low << 8 | digest.octets[i + 8];
  }
  return out;
}

std::optional<delivery_memory::delivery> delivery_memory::find(const key& k, core::timestamp now) const {
  const auto found = deliveries_.find(k);
  if (found == deliveries_.end() || found->second.at + lifetime <= now) return std::nullopt;
  return found->second;
}

void delivery_memory::remember(const key& k, core::timestamp at, core::eseq sequence) {
  while (!order_.empty() && deliveries_.at(order_.front()).at + lifetime <= at)
    forget_oldest();
  if (!deliveries_.try_emplace(k, delivery{at, sequence}).second) return;
  order_.push_back(k);
  if (order_.size() > keys_max) forget_oldest();
}

void delivery_memory::forget_oldest() {
  deliveries_.erase(order_.front());
  order_.pop_front();
}

}  // namespace logline::integration

namespace logline::core {

using integration::delivery_memory;

void codec<delivery_memory>::encode(sink& to, const delivery_memory& v) {
  if (to.human()) return to.unsigned_integer(v.size());
  to.begin_array(v.order_.size());
  for (const auto& k : v.order_) {
    const auto& d = v.deliveries_.at(k);
    to.begin_array(4);
    to.unsigned_integer(k.high);
    to.unsigned_integer(k.low);
    encode_value(to, d.at);
    encode_value(to, d.sequence);
    to.end_array();
  }
  to.end_array();
}

void codec<delivery_memory>::decode(const source& from, delivery_memory& v, decode_scope& scope, const attributes&) {
  struct row_visitor final : source::element_visitor {
    row_visitor(delivery_memory& o, decode_scope& s) : out(o), scope(s) {}
    bool element(const source& row) override {
      struct cell_visitor final : source::element_visitor {
        bool element(const source& cell) override {
          return count < 4 && read_unsigned(cell, cells[count]) && ++count > 0;
        }
        std::uint64_t cells[4] = {};
        std::size_t count = 0;
      } cells;
      if (row.type() == source::kind::array && row.size() == 4) row.each_element(cells);
      if (cells.count != 4) return scope.fail("must be a list of four numbers"), false;
      out.remember({cells.cells[0], cells.cells[1]}, {static_cast<std::int64_t>(cells.cells[2])}, eseq{cells.cells[3]});
      return true;
    }
    delivery_memory& out;
    decode_scope& scope;
  } each{v, scope};
  v = {};
  if (from.type() != source::kind::array) return scope.fail("must be a list");
  from.each_element(each);
}

const type_shape& codec<delivery_memory>::shape() {
  return integer_shape(true);
}

}  // namespace logline::core
