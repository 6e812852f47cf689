#include "journal/signing.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "domain/core/bytes.hpp"
#include "domain/core/described.hpp"
#include "domain/core/json.hpp"
#include "journal/described_json.hpp"
#include "journal/file.hpp"
#include "journal/key_file.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view history_file = "history.ndjson";
constexpr std::string_view title = "logline signature 1\n";
constexpr std::size_t history_bytes_max = std::size_t{4} << 20;

/// A line of the history. A key counts until rotation_overlap after the next line of its name.
struct history_line {
  std::string name;
  std::string key_id;
  core::bytes public_key;
  core::timestamp from;
  std::string file;  ///< of the private half: <file>.key
};

constexpr auto describe(core::type_tag<history_line>) {
  using core::field;
  using f = history_line;
  return core::description<f>("key", "", field("name", &f::name), field("key", &f::key_id),
                              field("public", &f::public_key), field("from", &f::from), field("file", &f::file));
}

error damaged(std::string_view why) {
  return {errc::key_missing, fmt::format("keys/{} is damaged: {}", history_file, why), {}};
}

result<std::string> read_history(const std::filesystem::path& keys_dir) {
  auto opened = file::open(keys_dir / history_file, 0);
  if (!opened && opened.error().code == errc::not_found) return std::string{};
  if (!opened) return std::move(opened).error();
  std::string out(history_bytes_max, '\0');
  std::size_t size = 0;
  for (;;) {
    const auto got = opened->read(out.data() + size, out.size() - size);
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
  }
  if (size == out.size()) return damaged("too large");
  out.resize(size);
  return out;
}

result<std::vector<history_line>> history_lines(const std::filesystem::path& keys_dir) {
  const auto text = read_history(keys_dir);
  if (!text) return text.error();
  std::vector<history_line> out;
  std::string_view rest{*text};
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return damaged("its last line is cut");
    auto line = from_json<history_line>(rest.substr(0, end), "line");
    if (!line) return damaged(line.error().message);
    out.push_back(*std::move(line));
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string file_of(std::string_view name, std::size_t generation) {
  return generation == 1 ? std::string{name} : fmt::format("{}-{}", name, generation);
}

history_line line_for(std::string_view name, const site_public_key& key, core::timestamp from, std::string file) {
  return {std::string{name}, key.id(), core::bytes{std::string{key.raw()}}, from, std::move(file)};
}

std::string signed_text(const core::digest& sha256, core::timestamp at) {
  return fmt::format("{}at {}\nsha256 {}\n", title, core::to_rfc3339(at), sha256.hex());
}

/// Takes "<label> rest\n" off the front of the text; answers rest.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view label) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(label)) return std::nullopt;
  const auto out = text.substr(label.size(), end - label.size());
  text.remove_prefix(end + 1);
  return out;
}

error malformed() {
  return {errc::bad_encoding, "the signature file is not one of ours, or is damaged", {}};
}

}  // namespace

result<key_history> key_history::load(const std::filesystem::path& keys_dir) {
  auto lines = history_lines(keys_dir);
  if (!lines) return std::move(lines).error();
  std::vector<known_key> keys;
  for (const auto& line : *lines) {
    auto key = site_public_key::from_raw(line.public_key.data);
    if (!key || key->id() != line.key_id) return damaged("a key does not fit its id");
    for (auto& before : keys)
      if (before.name == line.name && before.until == core::never) before.until = line.from + rotation_overlap;
    keys.push_back({line.name, *key, line.from, core::never});
  }
  auto site = site_public_key::load(keys_dir);
  if (!site && keys.empty()) return std::move(site).error();
  if (site) keys.push_back({"site", *site, core::earliest, core::never});
  return key_history{std::move(keys)};
}

const known_key* key_history::find(std::string_view id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const known_key& k) { return k.key.id() == id; });
  return found == keys_.end() ? nullptr : &*found;
}

const known_key* key_history::active(std::string_view name, core::timestamp now) const {
  const known_key* out = nullptr;
  for (const auto& key : keys_)
    if (key.name == name && key.from <= now) out = &key;
  return out;
}

result<std::vector<site_key>> load_signing_keys(const std::filesystem::path& keys_dir, std::string_view name,
                                                core::timestamp now) {
  const auto lines = history_lines(keys_dir);
  if (!lines) return lines.error();
  std::vector<std::string> files;
  core::timestamp newest_from = core::earliest;
  for (const auto& line : *lines) {
    if (line.name != name || line.from > now) continue;
    files.insert(files.begin(), line.file);
    newest_from = line.from;
  }
  if (files.empty()) files.emplace_back(name);
  files.resize(std::min<std::size_t>(files.size(), now <= newest_from + rotation_overlap ? 2 : 1));
  std::vector<site_key> out;
  for (const auto& file : files) {
    auto key = site_key::load(keys_dir, file);
    if (!key) return std::move(key).error();
    out.push_back(*std::move(key));
  }
  return out;
}

result<std::vector<site_key>> load_backup_keys(const std::filesystem::path& keys_dir, const key_history& known,
                                               core::timestamp now) {
  return load_signing_keys(keys_dir, known.active("backup", now) != nullptr ? "backup" : "site", now);
}

result<known_key> rotate_key(const std::filesystem::path& keys_dir, std::string_view name, core::timestamp now) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
  if (name.empty() || name.size() > 32 || name.find_first_not_of(allowed) != std::string_view::npos)
    return error{errc::bad_encoding, "a key's name is 1 to 32 characters of a-z 0-9 _", {}};
  if (name == "site" || name == "node" || name == "ndjson")
    return error{errc::bad_encoding, fmt::format("the {} key does not rotate", name), {}};
  const auto lines = history_lines(keys_dir);
  if (!lines) return lines.error();
  std::string text;
  std::size_t generation = 1;
  for (const auto& line : *lines) {
    text += to_json(line) + '\n';
    if (line.name == name) ++generation;
  }
  auto key = site_key::load_or_create(keys_dir, file_of(name, generation));
  if (!key) return std::move(key).error();
  const auto line = line_for(name, key->public_key(), now, file_of(name, generation));
  // Not entered yet, a key signs nothing: cut off here, the next attempt goes on with the same one.
  if (auto entered = replace_durably(keys_dir / history_file, text + to_json(line) + '\n'); !entered)
    return std::move(entered).error();
  return known_key{std::string{name}, key->public_key(), now, core::never};
}

std::string sign_content(const core::digest& sha256, core::timestamp at, std::span<const site_key> keys) {
  const std::string text = signed_text(sha256, at);
  std::string out = text;
  for (const auto& key : keys)
    out += fmt::format("key {} {}\n", key.public_key().id(), core::to_base64(key.sign(text)));
  return out;
}

result<verified_signature> verify_content(const core::digest& sha256, std::string_view signature,
                                          const key_history& keys) {
  std::string_view rest = signature;
  if (!rest.starts_with(title)) return malformed();
  rest.remove_prefix(title.size());
  const auto at_text = take_line(rest, "at ");
  const auto digest = at_text ? take_line(rest, "sha256 ") : std::nullopt;
  if (!digest || rest.empty()) return malformed();
  const auto at = core::parse_rfc3339(*at_text);
  if (!at) return malformed();
  if (*digest != sha256.hex())
    return error{
        errc::checksum_mismatch, fmt::format("signed sha256 {}, found {}", core::excerpt(*digest), sha256.hex()), {}};
  const auto text = signature.substr(0, signature.size() - rest.size());
  error why{errc::key_missing, "signed by no key of the history", {}};
  while (!rest.empty()) {
    const auto line = take_line(rest, "key ");
    const auto space = line ? line->find(' ') : std::string_view::npos;
    if (space == std::string_view::npos) return malformed();
    const auto raw = core::from_base64(line->substr(space + 1));
    // Written again, because decoders let the unused bits of the last character be anything.
    if (!raw || core::to_base64(*raw) != line->substr(space + 1)) return malformed();
    const auto* key = keys.find(line->substr(0, space));
    if (key == nullptr) continue;
    if (!key->key.verify(text, *raw))
      why = {errc::bad_signature, fmt::format("the signature by key {} does not verify", key->key.id()), {}};
    else if (*at < key->from || *at > key->until)
      why = {errc::bad_signature, fmt::format("key {} did not count at {}", key->key.id(), *at_text), {}};
    else
      return verified_signature{key->key.id(), key->name, *at};
  }
  return why;
}

}  // namespace logline::journal
