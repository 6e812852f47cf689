#include "cluster/stores.hpp"

#include <openssl/rand.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "actors/clock.hpp"
#include "adapters/s3/store.hpp"
#include "domain/core/invariant.hpp"
#include "journal/directory_store.hpp"
#include "journal/key_file.hpp"

namespace logline::cluster {

using journal::errc;
using journal::error;

namespace {

constexpr std::string_view s3_scheme = "s3:";
constexpr std::string_view directory_scheme = "dir:";
constexpr std::string_view key_name = "s3.key";

std::uint64_t random_number() {
  std::uint64_t n = 0;
  const int ok = RAND_bytes(reinterpret_cast<unsigned char*>(&n), sizeof n);
  LL_INVARIANT(ok == 1, "the operating system gives no random bytes: {}", ok);
  return n;
}

journal::result<s3::credentials> load_credentials(const std::filesystem::path& keys) {
  auto text = journal::read_key_file(keys, key_name, journal::key_access::private_);
  if (!text && text.error().code == errc::not_found)
    return error{errc::key_missing, "there is no keys/s3.key: key id and secret, a line each, 0600", {}};
  if (!text) return std::move(text).error();
  const auto first = text->find('\n');
  const auto second = first == std::string::npos ? first : text->find('\n', first + 1);
  s3::credentials who;
  if (first != std::string::npos) {
    who.key_id = text->substr(0, first);
    who.secret = text->substr(first + 1, second == std::string::npos ? second : second - first - 1);
  }
  journal::wipe(*text);
  if (who.key_id.empty() || who.secret.empty())
    return error{errc::key_missing, "keys/s3.key does not hold two lines: key id and secret", {}};
  return who;
}

/// Until the time is over, or whoever waits shall stop.
void pause(core::duration_us time, const std::stop_token& wanted) {
  std::mutex mutex;
  std::condition_variable_any over;
  std::unique_lock lock{mutex};
  over.wait_for(lock, wanted, std::chrono::microseconds{time.us}, [] { return false; });
}

}  // namespace

std::string check_store_url(std::string_view url) {
  if (url.empty()) return "must name a place";
  if (!url.starts_with(s3_scheme)) return {};
  s3::options unused;
  const auto parsed = s3::parse_url(url.substr(s3_scheme.size()), unused);
  return parsed ? std::string{} : parsed.error().message;
}

journal::result<std::unique_ptr<journal::object_store>> open_store(std::string_view url,
                                                                   const std::filesystem::path& keys,
                                                                   std::stop_token wanted) {
  if (!url.starts_with(s3_scheme)) {
    if (url.starts_with(directory_scheme)) url.remove_prefix(directory_scheme.size());
    auto opened = journal::directory_store::open(url);
    if (!opened) return std::move(opened).error();
    return std::unique_ptr<journal::object_store>{std::move(*opened)};
  }
  s3::options options;
  if (auto parsed = s3::parse_url(url.substr(s3_scheme.size()), options); !parsed) return std::move(parsed).error();
  auto who = load_credentials(keys);
  if (!who) return std::move(who).error();
  options.who = *std::move(who);
  options.clock = actors::wall_clock;
  options.entropy = random_number;
  options.wait = [wanted = std::move(wanted)](core::duration_us time) { pause(time, wanted); };
  return std::unique_ptr<journal::object_store>{std::make_unique<s3::store>(std::move(options))};
}

}  // namespace logline::cluster
