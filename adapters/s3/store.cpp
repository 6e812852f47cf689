#include "adapters/s3/store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "adapters/s3/answer.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/invariant.hpp"
#include "journal/file.hpp"

namespace logline::s3 {

using journal::errc;
using journal::error;
using journal::outcome;

namespace {

constexpr std::size_t answer_bytes_max = std::size_t{4} << 20;  // a page of 1 000 names of at most 1 024 bytes, escaped
constexpr std::size_t chunk_bytes = std::size_t{256} << 10;
constexpr std::string_view checksum_header = "x-amz-checksum-sha256";

struct slist_free {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using header_list = std::unique_ptr<curl_slist, slist_free>;

void append(header_list& to, const std::string& line) {
  auto* const longer = curl_slist_append(to.get(), line.c_str());
  LL_INVARIANT(longer != nullptr, "out of memory for a header of {} bytes", line.size());
  static_cast<void>(to.release());
  to.reset(longer);
}

bool is_loopback(std::string_view host) {
  const bool numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (numeric && host.starts_with("127."));
}

std::string_view authority_of(std::string_view endpoint) {
  return endpoint.substr(endpoint.find("://") + 3);
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

outcome parse_url(std::string_view url, options& out) {
  const auto wrong = [](std::string_view why) { return error{errc::bad_encoding, fmt::format("s3 url: {}", why), {}}; };
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return wrong("begins with https://");
  const auto path = url.find('/', url.find("://") + 3);
  if (path == std::string_view::npos) return wrong("names no bucket");
  out.endpoint = url.substr(0, path);
  const auto authority = authority_of(out.endpoint);
  const auto host = host_of(authority);
  if (host.empty() || authority.find('@') != std::string_view::npos) return wrong("names no host");
  if (!secure && !is_loopback(host)) return wrong("clear text goes to a loopback address only; use https://");
  auto rest = url.substr(path + 1);
  auto query = rest.find('?') == std::string_view::npos ? std::string_view{} : rest.substr(rest.find('?') + 1);
  rest = rest.substr(0, rest.find('?'));
  const auto slash = rest.find('/');
  out.bucket = rest.substr(0, slash);
  out.prefix = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (out.prefix.ends_with('/')) out.prefix.pop_back();
  if (out.bucket.find('/') != std::string::npos || !journal::is_object_name(out.bucket)) return wrong("bad bucket");
  if (!out.prefix.empty() && !journal::is_object_name(out.prefix)) return wrong("bad prefix");
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.starts_with("region=")) {
      out.where.region = one.substr(7);
    } else if (one.starts_with("ca=")) {
      out.ca_file = one.substr(3);
    } else {
      return wrong("knows region= and ca= only");
    }
  }
  return core::done{};
}

struct store::connection {
  connection() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    LL_INVARIANT(started == CURLE_OK, "libcurl cannot start: {}", curl_easy_strerror(started));
    curl = curl_easy_init();
    LL_INVARIANT(curl != nullptr, "libcurl {} cannot start", LIBCURL_VERSION);
  }
  ~connection() { curl_easy_cleanup(curl); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  CURL* curl = nullptr;
};

/// One request's body and its answer.
struct store::exchange {
  std::string_view body;  ///< to send, where there is no file
  journal::file* body_file = nullptr;
  std::uint64_t body_bytes = 0;
  std::size_t sent = 0;

  std::size_t answer_max = answer_bytes_max;
  journal::file* answer_file = nullptr;  ///< what a good answer's body goes into, unless it is kept here
  std::string answer;
  journal::running_digest digest;  ///< of a good answer's body
  bool too_large = false;
  std::optional<error> failed;  ///< of the files
  long status = 0;
  long retry_after_s = 0;
  std::string checksum;  ///< base64, as the server keeps it

  static std::size_t send(char* to, std::size_t one, std::size_t count, void* self) {
    return static_cast<exchange*>(self)->read_body(to, one * count);
  }
  static std::size_t receive(char* from, std::size_t one, std::size_t count, void* self) {
    return static_cast<exchange*>(self)->take({from, one * count}) ? one * count : 0;
  }
  static std::size_t header(char* from, std::size_t one, std::size_t count, void* self) {
    static_cast<exchange*>(self)->take_header({from, one * count});
    return one * count;
  }

  /// Forgets an attempt's answer.
  void restart() {
    sent = 0;
    answer.clear();
    digest = {};
    too_large = false;
    failed.reset();
    status = retry_after_s = 0;
    checksum.clear();
  }

 private:
  std::size_t read_body(char* to, std::size_t room) {
    if (body_file != nullptr) {
      const auto got = body_file->read(to, room);
      if (got) return *got;
      failed = got.error();
      return CURL_READFUNC_ABORT;
    }
    const auto size = std::min(room, body.size() - sent);
    body.copy(to, size, sent);
    sent += size;
    return size;
  }

  bool take(std::string_view bytes) {
    const bool good = status >= 200 && status < 300;
    if (good && answer_file != nullptr) {
      digest.add(bytes);
      if (auto written = answer_file->write(bytes); !written) failed = std::move(written).error();
      return !failed;
    }
    const auto room = (good ? answer_max : answer_bytes_max) - answer.size();
    if (bytes.size() > room) return too_large = true, false;
    if (good) digest.add(bytes);
    answer += bytes;
    return true;
  }

  void take_header(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n'))
      line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      const auto at = line.find(' ');
      status = 0;
      if (at != std::string_view::npos) std::from_chars(line.data() + at + 1, line.data() + line.size(), status);
      return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string name{line.substr(0, colon)};
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    auto value = line.substr(colon + 1);
    while (value.starts_with(' '))
      value.remove_prefix(1);
    if (name == checksum_header) checksum = value;
    // A date instead of seconds is left to the usual pause.
    if (name == "retry-after") std::from_chars(value.data(), value.data() + value.size(), retry_after_s);
  }
};

store::store(options settings) : settings_(std::move(settings)), connection_(std::make_unique<connection>()) {}
store::~store() = default;

std::string store::where() const {
  return fmt::format("s3 {}/{}{}{}", settings_.endpoint, settings_.bucket, settings_.prefix.empty() ? "" : "/",
                     settings_.prefix);
}

outcome store::check_name(std::string_view name) const {
  if (!journal::is_object_name(name))
    return error{errc::bad_encoding, fmt::format("\"{}\" names no object", core::excerpt(name)), {}};
  return core::done{};
}

std::string store::key_of(std::string_view name) const {
  return settings_.prefix.empty() ? std::string{name} : fmt::format("{}/{}", settings_.prefix, name);
}

request store::make_request(const std::string& method, const std::string& path) const {
  request r;
  r.method = method;
  r.path = '/' + uri_encoded(settings_.bucket + path, true);
  r.payload_sha256 = core::sha256("").hex();
  return r;
}

void store::sign(request& r) const {
  const auto now = settings_.clock();
  r.headers["host"] = authority_of(settings_.endpoint);
  r.headers["x-amz-content-sha256"] = r.payload_sha256;
  r.headers["x-amz-date"] = amz_date(now);
  if (!settings_.who.session_token.empty()) r.headers["x-amz-security-token"] = settings_.who.session_token;
  r.headers.erase("authorization");
  r.headers["authorization"] = authorization(r, settings_.who, settings_.where, now);
}

/// Full jitter over half the pause: those who failed together do not come back together.
core::duration_us store::pause_before(unsigned attempt, long retry_after_s) const {
  if (retry_after_s > 0) return std::min(core::seconds(retry_after_s), settings_.pause_max);
  const auto doubled = settings_.pause_first.us << std::min(attempt - 1, 20U);
  const auto most = std::min(doubled, settings_.pause_max.us);
  const auto half = static_cast<std::uint64_t>(most) / 2;
  return {static_cast<std::int64_t>(half + settings_.entropy() % (half + 1))};
}

error store::refusal(const exchange& with, std::string_view what) const {
  const auto code = core::excerpt(element_of(with.answer, "Code"));
  auto kind = errc::store_failed;
  if (with.status == 404 && code != "NoSuchBucket") kind = errc::not_found;
  if (code == "XAmzContentSHA256Mismatch" || code == "BadDigest" || code == "InvalidDigest")
    kind = errc::checksum_mismatch;
  return {kind, fmt::format("{}: the store answers {}{}{}", what, with.status, code.empty() ? "" : " ", code), {}};
}

namespace {

void set_transfer(CURL* curl, const options& o, const std::string& url, curl_slist* headers) {
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!o.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, o.ca_file.c_str());
  if (is_loopback(host_of(authority_of(o.endpoint)))) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, o.connect_s);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, o.stall_s);
}

/// Failures that another attempt may not meet.
bool may_pass(CURLcode code) {
  return code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE && code != CURLE_URL_MALFORMAT &&
         code != CURLE_UNSUPPORTED_PROTOCOL;
}

}  // namespace

outcome store::perform(request r, exchange& with, const std::function<outcome()>& restart) {
  CURL* const curl = connection_->curl;
  const auto query = query_text(r.query);
  const auto url = settings_.endpoint + r.path + (query.empty() ? "" : "?" + query);
  error last{errc::store_failed, "no attempt was made", {}};
  for (unsigned attempt = 1; attempt <= settings_.attempts; ++attempt) {
    if (attempt > 1) settings_.wait(pause_before(attempt - 1, with.retry_after_s));
    with.restart();
    if (auto ready = restart(); !ready) return ready;
    sign(r);
    header_list headers;
    for (const auto& [name, value] : r.headers)
      append(headers, name + ": " + value);
    append(headers, "expect:");
    set_transfer(curl, settings_, url, headers.get());
    if (r.method == "PUT") {
      curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(with.body_bytes));
      curl_easy_setopt(curl, CURLOPT_READFUNCTION, exchange::send);
      curl_easy_setopt(curl, CURLOPT_READDATA, &with);
    } else {
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r.method.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, exchange::receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &with);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, exchange::header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &with);
    const CURLcode code = curl_easy_perform(curl);
    const auto what = fmt::format("{} {}", r.method, r.path);
    if (with.failed) return *with.failed;
    if (with.too_large) return error{errc::too_large, what + ": has more bytes than were asked for", {}};
    if (code != CURLE_OK) {
      last.message = fmt::format("{}: {}", what, curl_easy_strerror(code));
      if (!may_pass(code)) return last;
      continue;
    }
    if (with.status >= 200 && with.status < 300) return core::done{};
    last = refusal(with, what);
    if (with.status < 500 && with.status != 429 && with.status != 408) return last;
  }
  last.message += fmt::format(" (after {} attempts)", settings_.attempts);
  return last;
}

outcome store::put(std::string_view name, std::string_view bytes) {
  if (auto named = check_name(name); !named) return named;
  auto r = make_request("PUT", '/' + key_of(name));
  const auto digest = core::sha256(bytes);
  r.payload_sha256 = digest.hex();
  r.headers[std::string{checksum_header}] = core::to_base64(digest.view());
  exchange with;
  with.body = bytes;
  with.body_bytes = bytes.size();
  return perform(std::move(r), with, [] { return outcome{core::done{}}; });
}

outcome store::put_file(std::string_view name, const std::filesystem::path& file, const core::digest& sha256) {
  if (auto named = check_name(name); !named) return named;
  auto opened = journal::file::open(file, O_RDONLY);
  if (!opened) return std::move(opened).error();
  // Read twice: servers that do not compare the digest themselves must not get other bytes under that name.
  journal::running_digest digest;
  exchange with;
  std::string chunk(chunk_bytes, '\0');
  for (;;) {
    const auto got = opened->read(chunk.data(), chunk.size());
    if (!got) return got.error();
    if (*got == 0) break;
    digest.add(std::string_view{chunk}.substr(0, *got));
    with.body_bytes += *got;
  }
  if (digest.value() != sha256)
    return error{
        errc::checksum_mismatch,
        fmt::format("{}: expected sha256 {}, found {}", file.filename().string(), sha256.hex(), digest.value().hex()),
        {}};
  auto r = make_request("PUT", '/' + key_of(name));
  r.payload_sha256 = sha256.hex();
  r.headers[std::string{checksum_header}] = core::to_base64(sha256.view());
  return perform(std::move(r), with, [&]() -> outcome {
    auto again = journal::file::open(file, O_RDONLY);
    if (!again) return std::move(again).error();
    *opened = std::move(*again);
    with.body_file = &*opened;
    return core::done{};
  });
}

namespace {

/// A checksum of parts ("…-3") says nothing of the whole; where the server keeps none there is none to compare.
outcome check_sum(const std::string& kept, const core::digest& found, std::string_view name) {
  if (kept.empty() || kept.find('-') != std::string::npos || kept == core::to_base64(found.view())) return core::done{};
  return error{errc::checksum_mismatch, fmt::format("{}: these are not the bytes that were put", name), {}};
}

}  // namespace

journal::result<std::string> store::get(std::string_view name, std::size_t bytes_max) {
  if (auto named = check_name(name); !named) return std::move(named).error();
  auto r = make_request("GET", '/' + key_of(name));
  r.headers["x-amz-checksum-mode"] = "ENABLED";
  exchange with;
  with.answer_max = bytes_max;
  if (auto done = perform(std::move(r), with, [] { return outcome{core::done{}}; }); !done)
    return std::move(done).error();
  if (auto same = check_sum(with.checksum, with.digest.value(), name); !same) return std::move(same).error();
  return std::move(with.answer);
}

journal::result<core::digest> store::get_file(std::string_view name, const std::filesystem::path& to) {
  if (auto named = check_name(name); !named) return std::move(named).error();
  auto r = make_request("GET", '/' + key_of(name));
  r.headers["x-amz-checksum-mode"] = "ENABLED";
  journal::file target;
  exchange with;
  auto done = perform(std::move(r), with, [&]() -> outcome {
    auto made = journal::file::open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (!made) return error{errc::store_failed, made.error().message, {}};
    target = std::move(*made);
    with.answer_file = &target;
    return core::done{};
  });
  if (done) done = check_sum(with.checksum, with.digest.value(), name);
  if (done) done = target.sync();
  if (done) return with.digest.value();
  if (auto removed = journal::remove_durably(to); !removed) return std::move(removed).error();
  return std::move(done).error();
}

journal::result<std::vector<journal::object_info>> store::list(std::string_view prefix) {
  const auto base = settings_.prefix.empty() ? std::string{} : settings_.prefix + '/';
  std::vector<journal::object_info> out;
  std::optional<std::string> next;
  do {
    auto r = make_request("GET", "");
    r.query = {{"list-type", "2"}, {"prefix", base + std::string{prefix}}};
    if (next) r.query["continuation-token"] = *next;
    exchange with;
    if (auto done = perform(std::move(r), with, [] { return outcome{core::done{}}; }); !done)
      return std::move(done).error();
    auto page = parse_listing(with.answer);
    if (!page) return std::move(page).error();
    for (auto& object : page->objects) {
      if (!object.name.starts_with(base)) continue;
      object.name.erase(0, base.size());
      if (journal::is_object_name(object.name)) out.push_back(std::move(object));
    }
    if (next && page->next == next) return error{errc::bad_encoding, "the store's list does not go on", {}};
    next = std::move(page->next);
  } while (next);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

outcome store::remove(std::string_view name) {
  if (auto named = check_name(name); !named) return named;
  exchange with;
  auto done = perform(make_request("DELETE", '/' + key_of(name)), with, [] { return outcome{core::done{}}; });
  return !done && done.error().code == errc::not_found ? outcome{core::done{}} : done;
}

}  // namespace logline::s3
