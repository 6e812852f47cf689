#include "journal/locked_key.hpp"

#include <sys/mman.h>

#include <cstring>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "domain/core/invariant.hpp"

namespace logline::journal {

locked_key::locked_key(std::shared_ptr<locked_keys> pages, unsigned char* place)
    : pages_(std::move(pages)), place_(place) {}

locked_key::~locked_key() {
  pages_->give_back(place_);
}

std::shared_ptr<locked_keys> locked_keys::make(std::size_t count) {
  return std::shared_ptr<locked_keys>{new locked_keys{count}};
}

locked_keys::locked_keys(std::size_t count) : bytes_(count * key_bytes) {
  void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  LL_INVARIANT(memory != MAP_FAILED, "no memory for {} keys", count);
  pages_ = static_cast<unsigned char*>(memory);
  locked_ = ::mlock(memory, bytes_) == 0;
  static_cast<void>(::madvise(memory, bytes_, MADV_DONTDUMP));  // advice: where it is not taken nothing breaks
  free_.reserve(count);
  for (std::size_t i = count; i-- > 0;)
    free_.push_back(pages_ + i * key_bytes);
}

locked_keys::~locked_keys() {
  OPENSSL_cleanse(pages_, bytes_);
  ::munmap(pages_, bytes_);
}

key_handle locked_keys::keep(std::string_view raw) {
  LL_INVARIANT(raw.size() == key_bytes, "a key of {} bytes", raw.size());
  unsigned char* const place = take_place();
  if (place == nullptr) return nullptr;
  std::memcpy(place, raw.data(), key_bytes);
  return std::make_shared<const locked_key>(shared_from_this(), place);
}

key_handle locked_keys::make_key() {
  unsigned char* const place = take_place();
  if (place == nullptr) return nullptr;
  const int drawn = RAND_priv_bytes(place, static_cast<int>(key_bytes));
  LL_INVARIANT(drawn == 1, "no random bytes for a new key: {}", drawn);
  return std::make_shared<const locked_key>(shared_from_this(), place);
}

unsigned char* locked_keys::take_place() {
  const std::lock_guard lock{mutex_};
  if (free_.empty()) return nullptr;
  unsigned char* const place = free_.back();
  free_.pop_back();
  return place;
}

void locked_keys::give_back(unsigned char* place) {
  OPENSSL_cleanse(place, key_bytes);
  const std::lock_guard lock{mutex_};
  free_.push_back(place);
}

}  // namespace logline::journal
