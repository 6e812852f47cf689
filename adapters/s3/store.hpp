#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/s3/signing.hpp"
#include "journal/object_store.hpp"

namespace logline::s3 {

struct options {
  std::string endpoint;  ///< https://HOST[:PORT]; http:// to loopback addresses only
  std::string bucket;
  std::string prefix;  ///< an object name, or empty: before every object's name
  scope where;
  credentials who;
  std::string ca_file;  ///< PEM; empty: the system's

  long connect_s = 10;                                      ///< to a connection, TLS included
  long stall_s = 30;                                        ///< without a byte either way
  unsigned attempts = 5;                                    ///< of one request
  core::duration_us pause_first = core::milliseconds(200);  ///< before the second attempt; doubles, with jitter
  core::duration_us pause_max = core::seconds(20);          ///< also of a Retry-After

  std::function<core::timestamp()> clock;       ///< for signatures
  std::function<std::uint64_t()> entropy;       ///< for jitter
  std::function<void(core::duration_us)> wait;  ///< sleeps
};

/// Reads "https://HOST[:PORT]/BUCKET[/PREFIX][?region=R&ca=FILE]" into the options. Errors: bad_encoding, also for
/// http:// to another than a loopback address, where everybody on the way could read the objects.
journal::outcome parse_url(std::string_view url, options& out);

/// Objects in a bucket of a store that speaks S3. Each body goes with its SHA-256, signed, which the server checks and,
/// where it can, keeps (x-amz-checksum-sha256): what comes back is compared with it.
class store final : public journal::object_store {
 public:
  explicit store(options settings);
  ~store() override;
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  journal::outcome put(std::string_view name, std::string_view bytes) override;
  journal::outcome put_file(std::string_view name, const std::filesystem::path& file,
                            const core::digest& sha256) override;
  journal::result<std::string> get(std::string_view name, std::size_t bytes_max) override;
  journal::result<core::digest> get_file(std::string_view name, const std::filesystem::path& to) override;
  journal::result<std::vector<journal::object_info>> list(std::string_view prefix) override;
  journal::outcome remove(std::string_view name) override;
  std::string where() const override;

 private:
  struct connection;
  struct exchange;
  journal::outcome check_name(std::string_view name) const;
  std::string key_of(std::string_view name) const;
  request make_request(const std::string& method, const std::string& path) const;
  /// Until it is answered for good, or attempts run out. `restart` makes the exchange ready for each attempt.
  journal::outcome perform(request r, exchange& with, const std::function<journal::outcome()>& restart);
  void sign(request& r) const;
  core::duration_us pause_before(unsigned attempt, long retry_after_s) const;
  journal::error refusal(const exchange& with, std::string_view what) const;

  const options settings_;
  std::unique_ptr<connection> connection_;
};

}  // namespace logline::s3
