#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "domain/core/context.hpp"
#include "domain/core/described.hpp"

namespace logline::integration {

/// Which deliveries came, for as long as their provider may send them again: a key lives nine days (CON-14), and a
/// connector remembers a million. Bounded by what folds say, so every replay forgets the same keys.
class delivery_memory {
 public:
  static constexpr core::duration_us lifetime = core::days(9);
  static constexpr std::size_t keys_max = 1'000'000;

  /// Half of the SHA-256 of a delivery id: the same room for every id.
  struct key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  static key key_of(std::string_view delivery_id);

  struct delivery {
    core::timestamp at;
    core::eseq sequence;  ///< of the event that holds it
  };

  /// Nothing for a key that never came, or came too long before `now`.
  std::optional<delivery> find(const key& k, core::timestamp now) const;
  /// Forgets what is too old at `at`, and the oldest key when there are too many.
  void remember(const key& k, core::timestamp at, core::eseq sequence);

  std::size_t size() const { return order_.size(); }

 private:
  friend struct core::codec<delivery_memory>;
  struct hash {
    std::size_t operator()(const key& k) const noexcept { return k.low; }
  };
  void forget_oldest();

  std::unordered_map<key, delivery, hash> deliveries_;
  std::deque<key> order_;  ///< of arrival
};

}  // namespace logline::integration

namespace logline::core {

/// Stored as a list of [high, low, at, sequence] in order of arrival; shown as the number of keys.
template <>
struct codec<integration::delivery_memory> {
  static void encode(sink& to, const integration::delivery_memory& v);
  static void decode(const source& from, integration::delivery_memory& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

}  // namespace logline::core
