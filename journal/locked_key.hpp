#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace logline::journal {

inline constexpr std::size_t key_bytes = 32;

class locked_keys;

/// 32 secret bytes in locked memory, zeroed with the last handle. Handles may be copied and go to other threads.
class locked_key {
 public:
  std::string_view raw() const { return {reinterpret_cast<const char*>(place_), key_bytes}; }

  locked_key(std::shared_ptr<locked_keys> pages, unsigned char* place);
  ~locked_key();
  locked_key(const locked_key&) = delete;
  locked_key& operator=(const locked_key&) = delete;

 private:
  std::shared_ptr<locked_keys> pages_;
  unsigned char* place_;
};
using key_handle = std::shared_ptr<const locked_key>;

/// A bounded number of keys in pages that are neither swapped out nor dumped (GDP-07). Safe from any thread.
class locked_keys : public std::enable_shared_from_this<locked_keys> {
 public:
  static std::shared_ptr<locked_keys> make(std::size_t count);
  ~locked_keys();
  locked_keys(const locked_keys&) = delete;
  locked_keys& operator=(const locked_keys&) = delete;

  /// False where the system refused to lock the pages (RLIMIT_MEMLOCK): keys may then reach the swap device.
  bool are_locked() const { return locked_; }

  /// Takes the 32 bytes over: `raw` is copied, the caller wipes its own. Null when every place is taken.
  key_handle keep(std::string_view raw);
  /// A new random key. Null when every place is taken.
  key_handle make_key();

 private:
  friend class locked_key;
  explicit locked_keys(std::size_t count);
  unsigned char* take_place();
  void give_back(unsigned char* place);

  std::size_t bytes_;
  unsigned char* pages_;
  bool locked_ = false;
  std::mutex mutex_;  // guards what follows
  std::vector<unsigned char*> free_;
};

}  // namespace logline::journal
