#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/core/context.hpp"
#include "domain/core/version_vector.hpp"
#include "domain/timeline/array_codec.hpp"
#include "domain/timeline/sorted_numbers.hpp"

namespace logline::timeline {

/// Whether a site counts its events from 1 without gaps. Sites are named "site.generation" (TLN-02); a name without a
/// generation belongs to a system older than dots, of which any part may have been brought along: nobody waits for its
/// events.
bool counts_from_one(std::string_view site);

/// Enough of a SHA-256 over id, clocks and payload to tell two events with one dot apart.
struct fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const fingerprint&, const fingerprint&) = default;
};
constexpr auto array_members(core::type_tag<fingerprint>) {
  return std::tuple{&fingerprint::high, &fingerprint::low};
}

/// One event's clocks, as it came.
struct event_clocks {
  core::uuid id;
  std::optional<core::dot> dot;  ///< none: an event of an older system whose vector has several components
  std::uint64_t lamport = 0;
  core::version_vector vc;
};

/// SHA-256 over everything that makes the event what it is, at every site.
core::digest content_digest(const event_clocks& clocks, std::string_view payload_msgpack);
/// The id of an event that came without one: the same at every site.
core::uuid derived_id(const event_clocks& clocks, std::string_view payload_msgpack);
fingerprint fingerprint_of(const core::digest& content);

/// A visible event. Its payload stays in the journal, in the record `sequence`.
struct entry {
  core::uuid id = {};
  std::uint16_t site = 0;  ///< index into the stream's sites; no_site without a dot
  std::uint64_t n = 0;
  std::uint64_t lamport = 0;
  core::timestamp at = {};  ///< when it was journaled here
  core::eseq sequence = {};
  fingerprint print = {};
  std::uint32_t base = 0;  ///< index into the stream's bases: its vector without its own component
  std::uint32_t size = 0;  ///< bytes of the payload
  bool tombstoned = false;
};
inline constexpr std::uint16_t no_site = 0xffff;
constexpr auto array_members(core::type_tag<entry>) {
  return std::tuple{&entry::id,       &entry::site,  &entry::n,    &entry::lamport, &entry::at,
                    &entry::sequence, &entry::print, &entry::base, &entry::size,    &entry::tombstoned};
}

struct component {
  std::uint16_t site = 0;
  std::uint64_t n = 0;
  friend bool operator==(const component&, const component&) = default;
};
constexpr auto array_members(core::type_tag<component>) {
  return std::tuple{&component::site, &component::n};
}

/// An event that waits until everything in its vector is visible (FED-23).
struct waiting_event {
  std::string site = {};
  std::uint64_t n = 0;
  core::uuid id = {};
  std::uint64_t lamport = 0;
  core::version_vector vc = {};
  core::digest content = {};
  std::uint32_t size = 0;
  core::eseq sequence = {};
  core::timestamp at = {};

  core::dot dot() const { return {site, n}; }
};
constexpr auto array_members(core::type_tag<waiting_event>) {
  return std::tuple{&waiting_event::site,    &waiting_event::n,        &waiting_event::id,
                    &waiting_event::lamport, &waiting_event::vc,       &waiting_event::content,
                    &waiting_event::size,    &waiting_event::sequence, &waiting_event::at};
}

/// What is stored of a stream.
struct stream_image {
  std::vector<std::string> sites;             ///< every site that any vector here has named, in order of appearance
  std::vector<std::vector<component>> bases;  ///< shared by consecutive events of a site that had seen the same
  std::vector<entry> entries;                 ///< in order of arrival: the entry at `pos` is entries[pos - 1]
  std::uint64_t lamport = 0;                  ///< the highest of the entries
  core::version_vector vc;                    ///< component-wise maximum over the entries' vectors
  core::digest sum;                           ///< of the entries' content digests, modulo 2^256
  std::map<core::dot, waiting_event> waiting;
};

/// A set of events with their clocks, and the ways to find them. Knows no payloads. Everything beside the image is
/// derived from it.
class stream {
 public:
  using number = std::uint32_t;  ///< of an entry: pos - 1

  /// What one site has contributed.
  struct origin {
    std::uint64_t prefix = 0;                   ///< all of 1…prefix are visible
    std::vector<number> regular;                ///< came when everything below was visible: ascending in n and in pos
    std::map<std::uint64_t, number> irregular;  ///< came before something below: only older systems' events do
  };

  stream() = default;
  /// Rebuilds the indexes. Nothing when the image contradicts itself.
  static std::optional<stream> from(stream_image image);
  const stream_image& image() const { return image_; }

  // -- folds

  void add(const event_clocks& clocks, std::string_view payload_msgpack, const core::record_meta& meta);
  void hold(const event_clocks& clocks, std::string_view payload_msgpack, const core::record_meta& meta);
  void release(const core::dot& dot);
  void mark_deleted(const core::uuid& id);

  // -- questions

  bool is_vacant() const { return image_.entries.empty() && image_.waiting.empty(); }
  std::uint64_t head() const { return image_.entries.size(); }  ///< the last pos
  const entry& at(number e) const { return image_.entries[e]; }
  std::optional<number> find(const core::uuid& id) const;
  std::optional<number> find(const core::dot& dot) const;
  bool waits(const core::uuid& id) const { return waiting_ids_.contains(id); }
  std::uint64_t prefix_of(const std::string& site) const;
  const origin* origin_of(const std::string& site) const;
  bool knows_site(const std::string& site) const { return site_index_.contains(site); }
  /// How many sites the stream would name with an event of this vector.
  std::size_t sites_with(const core::version_vector& vc) const;
  /// The gapless part of what is visible: a cursor that misses nothing.
  core::version_vector held() const;
  core::version_vector vector_of(number e) const;
  std::optional<core::dot> dot_of(number e) const;
  core::causality relation(number a, number b) const;

  /// Entries in the order (lamport, site, n, id): TLN-05.
  const sorted_numbers& total_order() const { return by_order_; }
  const std::vector<origin>& origins() const { return origins_; }      ///< by index of the site
  const std::vector<number>& irregular() const { return irregular_; }  ///< of all sites, ascending
  /// Waiting events by a dot that they lack: {missing, waiter}.
  const std::set<std::pair<core::dot, core::dot>>& blocked() const { return blocked_; }

 private:
  std::uint16_t site_number(const std::string& site);
  void take_vector(const core::version_vector& vc);
  std::uint32_t base_for(std::uint16_t site, const core::version_vector& vc);
  void append_entry(entry fresh, const core::version_vector& vc, const core::digest& content);
  void index(number e);
  void unblock(const std::string& site, std::uint64_t from, std::uint64_t to);
  void block(const waiting_event& event);
  bool comes_before(number a, number b) const;
  std::uint64_t component_of(number e, std::uint16_t site) const;

  stream_image image_;
  std::map<std::string, std::uint16_t, std::less<>> site_index_;
  std::vector<origin> origins_;
  std::vector<number> irregular_;
  std::vector<std::uint32_t> last_base_;  // by index of the site; no_base where there is none yet
  sorted_numbers by_order_;
  sorted_numbers by_id_;
  std::set<core::uuid> waiting_ids_;
  std::set<std::pair<core::dot, core::dot>> blocked_;
};

/// The first dot that an event has seen and that is not visible; `prefix_of(site)` says what is.
template <class PrefixOf>
std::optional<core::dot> first_missing(const core::dot& self, const core::version_vector& vc, PrefixOf prefix_of) {
  for (const auto& [site, n] : vc) {
    if (!counts_from_one(site)) continue;
    const std::uint64_t needed = site == self.site ? n - 1 : n;
    if (prefix_of(site) < needed) return core::dot{site, needed};
  }
  return std::nullopt;
}

}  // namespace logline::timeline

namespace logline::core {

/// Stored as its image; shown as its clocks and counts.
template <>
struct codec<timeline::stream> {
  static void encode(sink& to, const timeline::stream& v);
  static void decode(const source& from, timeline::stream& v, decode_scope& scope, const attributes& attr);
  static const type_shape& shape();
};

}  // namespace logline::core
