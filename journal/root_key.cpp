#include "journal/root_key.hpp"

#include <utility>

#include "domain/core/bytes.hpp"
#include "journal/aead.hpp"
#include "journal/key_file.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view file_name = "root.key";
constexpr std::string_view title = "logline root key 1\n";

class file_root_key final : public root_key {
 public:
  file_root_key(std::shared_ptr<locked_keys> pages, key_handle key) : pages_(std::move(pages)), key_(std::move(key)) {}

  result<std::string> wrap(std::string_view key, std::string_view associated) const override {
    std::string out;
    seal_box(key_->raw(), associated, key, out);
    return out;
  }

  result<key_handle> unwrap(std::string_view wrapped, std::string_view associated, locked_keys& to) const override {
    std::string raw;
    if (auto opened = open_box(key_->raw(), associated, wrapped, raw); !opened || raw.size() != key_bytes) {
      wipe(raw);
      return error{errc::key_missing, "keys/root.key is not the one that this key store was made with", {}};
    }
    auto kept = to.keep(raw);
    wipe(raw);
    if (!kept) return error{errc::overloaded, "no room for another key in locked memory", {}};
    return kept;
  }

 private:
  std::shared_ptr<locked_keys> pages_;
  key_handle key_;
};

}  // namespace

result<std::shared_ptr<const root_key>> load_root_key(const std::filesystem::path& keys_dir) {
  auto text = read_key_file(keys_dir, file_name, key_access::private_);
  if (!text) return std::move(text).error();
  std::string digits = text->starts_with(title) ? text->substr(title.size()) : std::string{};
  if (!digits.empty() && digits.back() == '\n') digits.pop_back();
  auto raw = core::from_hex(digits);
  wipe(digits);
  wipe(*text);
  if (!raw || raw->size() != key_bytes)
    return error{errc::key_missing, "keys/root.key is damaged or not a key of ours; restore it from its backup", {}};
  auto pages = locked_keys::make(1);
  auto key = pages->keep(*raw);
  wipe(*raw);
  return std::shared_ptr<const root_key>{std::make_shared<file_root_key>(std::move(pages), std::move(key))};
}

result<std::shared_ptr<const root_key>> load_or_create_root_key(const std::filesystem::path& keys_dir) {
  auto there = load_root_key(keys_dir);
  if (there || there.error().code != errc::not_found) return there;
  const auto pages = locked_keys::make(1);
  const auto fresh = pages->make_key();
  std::string digits = core::to_hex(fresh->raw());
  std::string text;
  text.reserve(title.size() + digits.size() + 1);  // growing would leave a copy behind
  text.append(title).append(digits).append("\n");
  const auto made = create_key_file(keys_dir, file_name, text, key_access::private_);
  wipe(digits);
  wipe(text);
  if (!made && made.error().code != errc::conflict) return made.error();
  return load_root_key(keys_dir);
}

}  // namespace logline::journal
