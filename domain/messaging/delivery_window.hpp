#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/described.hpp"

namespace logline::messaging {

enum class delivery_phase : std::uint8_t { waiting, given, parked };
constexpr auto describe_enum(core::type_tag<delivery_phase>) {
  return std::array{core::enumerator<delivery_phase>{delivery_phase::waiting, "waiting"},
                    core::enumerator<delivery_phase>{delivery_phase::given, "given"},
                    core::enumerator<delivery_phase>{delivery_phase::parked, "parked"}};
}

/// An event that was taken from the log and is not settled.
struct delivery {
  core::gseq gseq;
  std::uint64_t lane = 0;   ///< events of one lane go one at a time, in order
  std::uint32_t bytes = 0;  ///< of its payload
  delivery_phase phase = delivery_phase::waiting;
  std::int64_t deliveries = 0;  ///< how often it was given out
  core::timestamp at;           ///< waiting: not before; given: until; parked: since
  std::string holder;           ///< the member that had it last; empty when nobody did
  std::string reason;           ///< why it was given back last, where somebody said
  friend bool operator==(const delivery&, const delivery&) = default;
};
constexpr auto describe(core::type_tag<delivery>) {
  using core::field;
  return core::description<delivery>(
      "delivery", "An event that is not settled.", field("gseq", &delivery::gseq), field("lane", &delivery::lane),
      field("bytes", &delivery::bytes), field("phase", &delivery::phase), field("deliveries", &delivery::deliveries),
      field("at", &delivery::at), field("holder", &delivery::holder), field("reason", &delivery::reason));
}

/// The unsettled events of a subscription as a machine without clock or I/O. What it holds is the deliveries alone;
/// every order follows from them. Calls cost O(log n) and what they return; each wants a position that find() knows.
class delivery_window {
 public:
  /// A new one, behind all of its lane. The position must not be known yet.
  void take(core::gseq position, std::uint64_t lane, std::uint32_t bytes);
  void give(core::gseq position, const std::string& member, core::timestamp until);
  /// Back among those that wait.
  void put_back(core::gseq position, core::timestamp not_before, const std::string& reason);
  void park(core::gseq position, core::timestamp at, const std::string& reason);
  /// A parked one waits again, as if it had never been given out.
  void revive(core::gseq position);
  /// Settled.
  void forget(core::gseq position);
  /// Forgets everything but what is parked.
  void forget_unparked();

  /// Null when there is none. Valid until the next change.
  const delivery* find(core::gseq position) const;
  /// The first of each lane of which none is given out, where its time has come; at most `max`, in order of position.
  std::vector<core::gseq> deliverable(core::timestamp now, std::size_t max) const;
  /// When the first of those that could be given out but for their time may be; `never` when there is none.
  core::timestamp next_due(core::timestamp now) const;
  /// Whether nothing of the lane waits or is given out.
  bool is_free(std::uint64_t lane) const { return lanes_.count(lane) == 0; }
  /// At most `max` that were given out and whose time is up, those that ended earliest first.
  std::vector<core::gseq> expired(core::timestamp now, std::size_t max) const;
  std::optional<core::timestamp> earliest_expiry() const;
  /// At most `max` parked ones behind `after`, in order of position.
  std::vector<core::gseq> parked(core::gseq after, std::size_t max) const;

  std::size_t parked_count() const { return parked_.size(); }
  std::size_t given_count() const { return by_expiry_.size(); }
  /// Waiting or given out.
  std::size_t held_count() const { return all_.size() - parked_.size(); }
  const std::map<core::gseq, delivery>& all() const { return all_; }

  /// A delivery as a snapshot has it.
  void restore(delivery d);

 private:
  struct lane_places {
    std::set<core::gseq> places;  ///< waiting or given out
    std::size_t given = 0;
  };

  delivery& at(core::gseq position);
  void leave(const delivery& d);
  void enter(const delivery& d);
  void refresh(std::uint64_t lane, bool on);

  std::map<core::gseq, delivery> all_;
  std::map<std::uint64_t, lane_places> lanes_;
  std::set<core::gseq> ready_;  ///< what deliverable() chooses from, but for the time
  std::set<std::pair<core::timestamp, core::gseq>> by_expiry_;
  std::set<core::gseq> parked_;
};

}  // namespace logline::messaging

/// Stored as the list of deliveries, in order of position; the orders are rebuilt when it is read.
template <>
struct logline::core::codec<logline::messaging::delivery_window> {
  static void encode(sink& to, const messaging::delivery_window& v);
  static void decode(const source& from, messaging::delivery_window& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};
