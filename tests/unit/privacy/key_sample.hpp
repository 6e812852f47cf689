#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "journal/key_store.hpp"
#include "journal/sealing.hpp"

namespace logline::journal {

/// A directory of its own, gone with the object.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "logline_privacy_XXXXXX").string();
    LL_INVARIANT(::mkdtemp(name.data()) != nullptr, "no directory {}", name);
    path_ = name;
  }
  ~scratch() { std::filesystem::remove_all(path_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline key_store_options options_in(const scratch& place) {
  key_store_options options;
  options.directory = place / "keystore";
  auto root = load_or_create_root_key(place / "keys");
  LL_INVARIANT(root.has_value(), "no root key: {}", root.error().text());
  options.root = *root;
  return options;
}

inline std::unique_ptr<key_store> store_in(const scratch& place) {
  auto store = key_store::open(options_in(place));
  LL_INVARIANT(store.has_value(), "no key store: {}", store.error().text());
  return *std::move(store);
}

/// Whether any file below the directory holds the bytes.
inline bool is_in_files(const std::filesystem::path& directory, std::string_view bytes) {
  for (const auto& file : std::filesystem::recursive_directory_iterator{directory}) {
    if (!file.is_regular_file()) continue;
    std::ifstream in{file.path(), std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (text.find(bytes) != std::string::npos) return true;
  }
  return false;
}

/// The erasure of everything the store has of a subject.
inline erasure erasure_of(const key_store& keys, std::uint64_t number, const std::string& tenant,
                          const core::uuid& subject) {
  auto ids = keys.keys_of(tenant, subject);
  LL_INVARIANT(ids.has_value(), "{}", ids.error().text());
  return {number, {1'800'000'000'000'000}, tenant, subject, *ids, tenant + "/gdpr_request/r" + std::to_string(number)};
}

}  // namespace logline::journal
