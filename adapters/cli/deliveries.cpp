#include "adapters/cli/deliveries.hpp"

#include <algorithm>
#include <deque>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "actors/clock.hpp"
#include "adapters/cli/json_peek.hpp"
#include "adapters/cli/node_client.hpp"
#include "adapters/cli/progress.hpp"
#include "domain/core/bytes.hpp"
#include "domain/core/digest.hpp"
#include "domain/core/uuid.hpp"

namespace logline::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t complaints_max = 10;
constexpr std::int64_t backoff_first_us = 50'000;
constexpr std::int64_t backoff_max_us = 2'000'000;

/// One delivery, from its first attempt to its end.
struct delivery {
  const fs::path* file = nullptr;
  std::string body;
  std::string id;
  std::int64_t first_us = 0;  ///< of the first attempt
  std::int64_t again_us = 0;  ///< not before
  std::int64_t backoff_us = backoff_first_us;
};

/// A connection's worth of work; reused, so that libcurl keeps its connection.
struct slot {
  CURL* curl = nullptr;
  curl_slist* lines = nullptr;
  std::unique_ptr<delivery> now;
  std::string answer;
  std::int64_t retry_after_s = 0;

  ~slot() {
    curl_slist_free_all(lines);
    curl_easy_cleanup(curl);
  }
};

std::size_t keep(char* data, std::size_t one, std::size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, one * size);
  return one * size;
}

class pump {
 public:
  pump(const delivery_plan& plan, const settings& s, const environment& env)
      : plan_(plan),
        env_(env),
        url_(fmt::format("{}/webhook/{}/{}", s.url, percent_encoded(plan.tenant), percent_encoded(plan.connector))),
        no_proxy_(hosts_without_proxy(env)),
        timeout_ms_(static_cast<long>(s.timeout_s * 1'000)),
        multi_(curl_multi_init()),
        slots_(plan.in_flight_max) {
    LL_INVARIANT(multi_ != nullptr, "libcurl {} cannot start", LIBCURL_VERSION);
    for (auto& each : slots_)
      each.curl = curl_easy_init();
  }
  ~pump() {
    for (auto& each : slots_)
      if (each.now) curl_multi_remove_handle(multi_, each.curl);
    slots_.clear();
    curl_multi_cleanup(multi_);
  }
  pump(const pump&) = delete;
  pump& operator=(const pump&) = delete;

  delivery_counts run() {
    const std::int64_t began = now();
    progress bar{env_, "ingest", "deliveries"};
    while (!counts_.unreachable && (in_flight_ > 0 || !waiting_.empty() || next_ < total())) {
      for (auto& each : slots_)
        if (!each.now) start(each);
      int running = 0;
      curl_multi_perform(multi_, &running);
      settle();
      bar.show(counts_.accepted + counts_.duplicates + counts_.failed, total());
      curl_multi_poll(multi_, nullptr, 0, pause_ms(), nullptr);
    }
    if (counts_.unreachable) counts_.failed = total() - counts_.accepted - counts_.duplicates;
    counts_.seconds = static_cast<double>(now() - began) / 1e6;
    return std::move(counts_);
  }

 private:
  static std::int64_t now() { return actors::wall_clock().us; }
  std::uint64_t total() const { return plan_.files.size() * plan_.repeat; }

  /// Until something can have changed: an answer wakes the poll by itself, the time of a retry does not.
  int pause_ms() const {
    std::int64_t least = 100'000;
    if (in_flight_ < slots_.size())
      for (const auto& d : waiting_)
        least = std::min(least, std::max<std::int64_t>(d->again_us - now(), 0));
    return static_cast<int>(least / 1'000) + 1;
  }

  std::unique_ptr<delivery> next_delivery() {
    const auto due =
        std::find_if(waiting_.begin(), waiting_.end(), [at = now()](const auto& d) { return d->again_us <= at; });
    if (due != waiting_.end()) {
      auto again = std::move(*due);
      waiting_.erase(due);
      return again;
    }
    // While some wait for a node that is away or busy, new ones would only join them.
    while (waiting_.empty() && next_ < total()) {
      const std::uint64_t repetition = next_ / plan_.files.size();
      const fs::path& file = plan_.files[next_++ % plan_.files.size()];
      auto body = read_file(file);
      if (!body) {
        fail(file, body.error().message);
        continue;
      }
      auto made = std::make_unique<delivery>();
      made->file = &file;
      made->body = *std::move(body);
      made->id = delivery_id(made->body, plan_.distinct ? repetition : 0);
      made->first_us = now();
      return made;
    }
    return nullptr;
  }

  void start(slot& to) {
    auto next = next_delivery();
    if (!next) return;
    curl_slist_free_all(to.lines);
    to.lines = nullptr;
    for (const auto& line :
         {std::string{"Content-Type: application/json"}, "X-GitHub-Event: " + event_of(*next->file),
          "X-GitHub-Delivery: " + next->id,
          "X-Hub-Signature-256: sha256=" + core::hmac_sha256(plan_.secret, next->body).hex(), std::string{"Expect:"}})
      to.lines = curl_slist_append(to.lines, line.c_str());
    to.answer.clear();
    to.retry_after_s = 0;
    curl_easy_reset(to.curl);
    curl_easy_setopt(to.curl, CURLOPT_PRIVATE, &to);
    curl_easy_setopt(to.curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(to.curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(to.curl, CURLOPT_NOPROXY, no_proxy_.c_str());
    curl_easy_setopt(to.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(to.curl, CURLOPT_USERAGENT, "logline/" LOGLINE_VERSION);
    curl_easy_setopt(to.curl, CURLOPT_HTTPHEADER, to.lines);
    curl_easy_setopt(to.curl, CURLOPT_TIMEOUT_MS, timeout_ms_);
    curl_easy_setopt(to.curl, CURLOPT_POSTFIELDS, next->body.data());
    curl_easy_setopt(to.curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(next->body.size()));
    curl_easy_setopt(to.curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(to.curl, CURLOPT_WRITEDATA, &to.answer);
    to.now = std::move(next);
    curl_multi_add_handle(multi_, to.curl);
    ++in_flight_;
  }

  void settle() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      slot* from = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &from);
      curl_multi_remove_handle(multi_, from->curl);
      --in_flight_;
      judge(std::move(from->now), *from, code);
    }
  }

  void judge(std::unique_ptr<delivery> d, const slot& from, CURLcode code) {
    if (code != CURLE_OK) return retry(std::move(d), 0, fmt::format("{}: {}", url_, curl_easy_strerror(code)), true);
    long status = 0;
    curl_easy_getinfo(from.curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
      ++(member_of(from.answer, "duplicate") == "true" ? counts_.duplicates : counts_.accepted);
    } else if (status == 429 || status == 503 || status == 504) {
      curl_off_t after = 0;
      curl_easy_getinfo(from.curl, CURLINFO_RETRY_AFTER, &after);
      retry(std::move(d), after, refusal_text(status, from.answer), false);
    } else {
      fail(*d->file, refusal_text(status, from.answer));
    }
  }

  void retry(std::unique_ptr<delivery> d, std::int64_t after_s, const std::string& why, bool no_answer) {
    const std::int64_t at = now();
    if (static_cast<double>(at - d->first_us) > plan_.patience_s * 1e6) {
      counts_.unreachable = counts_.unreachable || no_answer;
      return fail(*d->file, why);
    }
    d->again_us = at + std::max(after_s * 1'000'000, d->backoff_us);
    d->backoff_us = std::min(d->backoff_us * 2, backoff_max_us);
    waiting_.push_back(std::move(d));
  }

  void fail(const fs::path& file, const std::string& why) {
    ++counts_.failed;
    if (counts_.complaints.size() < complaints_max) counts_.complaints.push_back(file.string() + ": " + why);
  }

  const delivery_plan& plan_;
  const environment& env_;
  const std::string url_;
  const std::string no_proxy_;
  const long timeout_ms_;
  CURLM* const multi_;
  std::deque<slot> slots_;
  std::size_t in_flight_ = 0;
  std::uint64_t next_ = 0;
  std::deque<std::unique_ptr<delivery>> waiting_;
  delivery_counts counts_;
};

}  // namespace

delivery_counts deliver(const delivery_plan& plan, const settings& s, const environment& env) {
  return pump{plan, s, env}.run();
}

core::result<std::vector<fs::path>, trouble> find_deliveries(const std::vector<std::string>& places) {
  std::vector<fs::path> out;
  for (const auto& place : places) {
    std::error_code problem;
    if (!fs::is_directory(place, problem)) {
      if (!fs::is_regular_file(place, problem)) return trouble{exit_usage, place + ": no such file or folder"};
      out.emplace_back(place);
      continue;
    }
    std::vector<fs::path> found;
    for (auto at = fs::recursive_directory_iterator{place, problem}; !problem && at != fs::end(at);
         at.increment(problem))
      if (at->is_regular_file(problem) && at->path().extension() == ".json") found.push_back(at->path());
    if (problem) return trouble{exit_usage, fmt::format("{}: {}", place, problem.message())};
    std::sort(found.begin(), found.end());
    out.insert(out.end(), found.begin(), found.end());
  }
  if (out.empty()) return trouble{exit_usage, "no *.json files there"};
  return out;
}

std::string event_of(const fs::path& file) {
  std::string name = file.filename().string();
  name.resize(std::min(name.find('.'), name.size()));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
  return name;
}

std::string delivery_id(std::string_view body, std::uint64_t repetition) {
  // A name space of our own, so that nobody else's UUIDs meet these.
  static const core::uuid name_space = *core::parse_uuid("6b1ff4d5-3d7a-5d0c-9c5e-6f0a4f1c2a77");
  std::string name{core::sha256(body).view()};
  if (repetition > 0) name += std::to_string(repetition);
  return core::make_uuid5(name_space, name).text();
}

}  // namespace logline::cli
