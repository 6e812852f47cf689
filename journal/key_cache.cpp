#include "journal/key_cache.hpp"

#include <iterator>
#include <utility>

namespace logline::journal {

std::optional<data_key> key_cache::use(const std::string& subject) {
  const std::lock_guard lock{mutex_};
  const auto found = sealing_.find(subject);
  if (found == sealing_.end() || found->second->seals_left == 0) return std::nullopt;
  --found->second->seals_left;
  entries_.splice(entries_.begin(), entries_, found->second);
  return data_key{found->second->id, found->second->key};
}

std::optional<data_key> key_cache::find(const core::uuid& id) {
  const std::lock_guard lock{mutex_};
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return data_key{id, found->second->key};
}

void key_cache::put(const core::uuid& id, key_handle key, const std::string& subject, std::uint64_t seals_left) {
  const std::lock_guard lock{mutex_};
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    if (seals_left == 0) return;  // opening never takes away what sealing knows
    drop(found->second);
  }
  entries_.push_front({id, std::move(key), subject, seals_left});
  by_id_[id] = entries_.begin();
  if (seals_left > 0) sealing_[subject] = entries_.begin();
  if (entries_.size() > keys_max_) drop(std::prev(entries_.end()));
}

void key_cache::forget(const core::uuid& id) {
  const std::lock_guard lock{mutex_};
  if (const auto found = by_id_.find(id); found != by_id_.end()) drop(found->second);
}

std::size_t key_cache::size() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

void key_cache::drop(place at) {
  by_id_.erase(at->id);
  if (const auto found = sealing_.find(at->subject); found != sealing_.end() && found->second == at)
    sealing_.erase(found);
  entries_.erase(at);
}

}  // namespace logline::journal
