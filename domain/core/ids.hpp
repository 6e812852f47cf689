#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace logline::core {

/// A value that cannot be mistaken for another of the same representation.
template <class T, class Tag>
struct strong {
  using representation = T;
  T value{};

  constexpr strong() = default;
  constexpr explicit strong(T v) : value(std::move(v)) {}
  friend constexpr auto operator<=>(const strong&, const strong&) = default;
};

using partition_id = strong<std::uint16_t, struct partition_id_tag>;

/// Commit position in a partition, gapless from 1; 0 means "before the first record" (journal §1).
using gseq = strong<std::uint64_t, struct gseq_tag>;

/// Position among one entity's own records, gapless from 1; 0 means "no record yet" (journal §1).
using eseq = strong<std::uint64_t, struct eseq_tag>;

/// Fencing token of a partition's owner (cluster CLU); 1 on a single node.
using owner_epoch = strong<std::uint64_t, struct owner_epoch_tag>;

/// Who acts: an LLID or one of the node's own roles, such as "founder" or "reactor:webhook_intake".
using principal_id = strong<std::string, struct principal_id_tag>;

using tenant_id = strong<std::string, struct tenant_id_tag>;

template <class T, class Tag>
constexpr strong<T, Tag> next(strong<T, Tag> position) {
  return strong<T, Tag>{static_cast<T>(position.value + 1)};
}

}  // namespace logline::core

template <class T, class Tag>
struct std::hash<logline::core::strong<T, Tag>> {
  std::size_t operator()(const logline::core::strong<T, Tag>& id) const noexcept { return std::hash<T>{}(id.value); }
};
