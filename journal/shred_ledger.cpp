#include "journal/shred_ledger.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "domain/core/described.hpp"
#include "domain/core/json.hpp"

namespace logline::journal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view signed_as = "logline shred ledger 1\n";
constexpr std::string_view signature_member = ",\"sig\":\"";

struct line_form {
  std::uint64_t n = 0;
  core::timestamp at;
  std::string tenant;
  std::string subject;
  std::vector<core::uuid> keys;
  std::string request;
  core::digest previous;
};
constexpr auto describe(core::type_tag<line_form>) {
  using core::field;
  using f = line_form;
  return core::description<f>("shred", "One erasure.", field("n", &f::n), field("at", &f::at),
                              field("tenant", &f::tenant), field("subject", &f::subject), field("keys", &f::keys),
                              field("request", &f::request), field("prev", &f::previous));
}

error broken(errc code, std::uint64_t line, std::string_view what) {
  return {code, fmt::format("{} line {}: {}", shred_ledger_file, line, what), {}};
}

/// The line without its end: what is signed is everything before the signature's member.
std::string line_of(const erasure& e, const core::digest& previous, const site_key& site) {
  std::string line;
  core::json_sink to{line};
  core::encode_value(to,
                     line_form{e.number, e.at, e.tenant, core::pseudonym_text(e.subject), e.keys, e.request, previous});
  line.pop_back();
  const std::string signature = site.sign(std::string{signed_as} + line);
  return line.append(signature_member).append(core::to_base64(signature)).append("\"}");
}

result<erasure> parse_line(std::string_view line, std::uint64_t number, const core::digest& previous,
                           const site_public_key& site) {
  const auto at = line.rfind(signature_member);
  if (at == std::string_view::npos || !line.ends_with("\"}"))
    return broken(errc::bad_encoding, number, "has no signature");
  const auto base64 = line.substr(at + signature_member.size(), line.size() - 2 - at - signature_member.size());
  const auto signature = core::from_base64(base64);
  const std::string body{line.substr(0, at)};
  if (!signature || !site.verify(std::string{signed_as} + body, *signature))
    return broken(errc::bad_signature, number, "is not signed by this site's key");
  line_form form;
  core::decode_scope scope{false};
  const auto parsed = core::read_json(
      body + '}', [&](const core::source& from) { core::codec<line_form>::decode(from, form, scope, {}); });
  const auto subject = core::parse_pseudonym(form.subject);
  if (!parsed || scope.failed() || !subject) return broken(errc::bad_encoding, number, "cannot be read");
  if (form.n != number || form.previous != previous)
    return broken(errc::chain_broken, number, "does not follow the line before it");
  return erasure{form.n, form.at, std::move(form.tenant), *subject, std::move(form.keys), std::move(form.request)};
}

struct contents {
  std::vector<erasure> erasures;
  core::digest last;
  std::string text;  ///< of the whole lines
};

result<contents> read_place(const fs::path& place, const site_public_key& site) {
  contents out;
  const fs::path file = place / shred_ledger_file;
  std::error_code problem;
  if (!fs::exists(file, problem)) {
    if (problem) return error{errc::store_failed, "reading the shred ledger: " + problem.message(), {}};
    return out;
  }
  std::ifstream in{file, std::ios::binary};
  out.text.assign(std::istreambuf_iterator<char>{in}, {});
  if (!in) return error{errc::store_failed, "reading the shred ledger failed", {}};
  out.text.resize(out.text.rfind('\n') + 1);  // npos + 1 is 0
  for (std::size_t begin = 0; begin < out.text.size();) {
    const std::size_t end = out.text.find('\n', begin);
    const auto line = std::string_view{out.text}.substr(begin, end - begin);
    auto read = parse_line(line, out.erasures.size() + 1, out.last, site);
    if (!read) return std::move(read).error();
    out.erasures.push_back(*std::move(read));
    out.last = core::sha256(line);
    begin = end + 1;
  }
  return out;
}

result<contents> read_longest(std::span<const fs::path> places, const site_public_key& site) {
  contents longest;
  for (const auto& place : places) {
    auto here = read_place(place, site);
    if (!here) return std::move(here).error();
    const auto& shorter = here->text.size() < longest.text.size() ? *here : longest;
    const auto& longer = here->text.size() < longest.text.size() ? longest : *here;
    if (!longer.text.starts_with(shorter.text))
      return error{errc::checkpoint_mismatch, "two places of the shred ledger disagree", {}};
    if (here->text.size() > longest.text.size()) longest = *std::move(here);
  }
  return longest;
}

error os_error(std::string_view doing) {
  return {errc::store_failed, fmt::format("{} the shred ledger: {}", doing, std::strerror(errno)), {}};
}

outcome sync(const fs::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const auto failed = os_error("syncing");
  if (fd >= 0) ::close(fd);
  if (!synced) return failed;
  return core::done{};
}

/// Makes the file end with `text` behind its first `keep` bytes, and syncs it.
outcome write_behind(const fs::path& place, std::size_t keep, std::string_view text) {
  const fs::path file = place / shred_ledger_file;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return os_error("opening");
  bool ok = ::ftruncate(fd, static_cast<off_t>(keep)) == 0 && ::lseek(fd, 0, SEEK_END) >= 0;
  while (ok && !text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    ok = written >= 0;
    if (ok) text.remove_prefix(static_cast<std::size_t>(written));
  }
  ok = ok && ::fsync(fd) == 0;
  const auto failed = os_error("writing");
  ::close(fd);
  if (!ok) return failed;
  return sync(place, O_RDONLY | O_DIRECTORY);
}

}  // namespace

result<std::vector<erasure>> read_shred_ledger(const fs::path& place, const site_public_key& site) {
  auto read = read_place(place, site);
  if (!read) return std::move(read).error();
  return std::move(read->erasures);
}

result<std::vector<erasure>> newest_shred_ledger(std::span<const fs::path> places, const site_public_key& site) {
  auto read = read_longest(places, site);
  if (!read) return std::move(read).error();
  return std::move(read->erasures);
}

result<std::uint64_t> replay_shreds(key_store& keys, std::span<const fs::path> places, const site_public_key& site,
                                    std::uint64_t at_least) {
  auto known = newest_shred_ledger(places, site);
  if (!known) return std::move(known).error();
  const std::uint64_t before = keys.erasures();
  const std::uint64_t wanted = std::max(before, at_least);
  if (known->size() < wanted)
    return error{errc::acknowledged_lost,
                 fmt::format("the shred ledger ends at {}, but there were {} erasures: find its newest copy",
                             known->size(), wanted),
                 {}};
  if (auto applied = keys.shred(*known); !applied) return std::move(applied).error();
  return keys.erasures() - before;
}

result<std::unique_ptr<shred_ledger>> shred_ledger::open(std::vector<fs::path> places, site_key site) {
  std::error_code problem;
  for (const auto& place : places)
    if (!problem) fs::create_directories(place, problem);
  if (problem) return error{errc::store_failed, "making a place for the shred ledger: " + problem.message(), {}};
  auto longest = read_longest(places, site.public_key());
  if (!longest) return std::move(longest).error();
  for (const auto& place : places) {
    auto here = read_place(place, site.public_key());
    if (!here) return std::move(here).error();
    // What stands there is a part of the longest, and is never written again.
    const std::string_view missing = std::string_view{longest->text}.substr(here->text.size());
    if (auto written = write_behind(place, here->text.size(), missing); !written) return std::move(written).error();
  }
  std::unique_ptr<shred_ledger> out{new shred_ledger{std::move(places), std::move(site)}};
  out->count_ = longest->erasures.size();
  out->last_ = longest->last;
  return out;
}

result<std::vector<erasure>> shred_ledger::append(std::vector<erasure> fresh) {
  std::string text;
  std::uint64_t number = count_;
  core::digest last = last_;
  for (auto& each : fresh) {
    each.number = ++number;
    const std::string line = line_of(each, last, site_);
    last = core::sha256(line);
    text.append(line).append("\n");
  }
  for (const auto& place : places_) {
    std::error_code problem;
    const auto size = fs::file_size(place / shred_ledger_file, problem);
    if (problem) return error{errc::store_failed, "looking at the shred ledger: " + problem.message(), {}};
    if (auto written = write_behind(place, size, text); !written) return std::move(written).error();
  }
  count_ = number;
  last_ = last;
  return fresh;
}

}  // namespace logline::journal
