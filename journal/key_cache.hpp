#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "domain/core/uuid.hpp"
#include "journal/locked_key.hpp"

namespace logline::journal {

/// A subject's data key, ready for use.
struct data_key {
  core::uuid id;
  key_handle key;
};

/// The data keys used last, unwrapped: at most so many, the least recently used one goes first. Safe from any thread.
class key_cache {
 public:
  explicit key_cache(std::size_t keys_max) : keys_max_(keys_max) {}

  /// The key that the subject's data is sealed with now, one seal counted; nothing where it is not here, or where more
  /// seals must be reserved first.
  std::optional<data_key> use(const std::string& subject);
  std::optional<data_key> find(const core::uuid& id);

  /// `seals_left`: how many use() may count; 0 for a key that only opens.
  void put(const core::uuid& id, key_handle key, const std::string& subject, std::uint64_t seals_left);
  void forget(const core::uuid& id);
  std::size_t size() const;

 private:
  struct entry {
    core::uuid id;
    key_handle key;
    std::string subject;
    std::uint64_t seals_left = 0;
  };
  using place = std::list<entry>::iterator;
  void drop(place at);

  const std::size_t keys_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<entry> entries_;  ///< most recently used first
  std::unordered_map<core::uuid, place> by_id_;
  std::unordered_map<std::string, place> sealing_;  ///< by subject
};

}  // namespace logline::journal
