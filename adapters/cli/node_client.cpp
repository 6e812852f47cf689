#include "adapters/cli/node_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include "adapters/cli/json_peek.hpp"
#include "domain/core/bytes.hpp"

namespace logline::cli {

namespace {

struct slist_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using header_list = std::unique_ptr<curl_slist, slist_deleter>;

void append(header_list& to, const std::string& line) {
  auto* const longer = curl_slist_append(to.get(), line.c_str());
  LL_INVARIANT(longer != nullptr, "out of memory for a header of {} bytes", line.size());
  static_cast<void>(to.release());
  to.reset(longer);
}

std::size_t keep(char* data, std::size_t one, std::size_t size, void* to) {
  static_cast<std::string*>(to)->append(data, one * size);
  return one * size;
}

}  // namespace

struct node_client::handle {
  handle() : curl(curl_easy_init()) { LL_INVARIANT(curl != nullptr, "libcurl {} cannot start", LIBCURL_VERSION); }
  ~handle() { curl_easy_cleanup(curl); }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  CURL* curl;
  std::string no_proxy;
};

node_client::node_client(const settings& s, std::string token, const environment& env)
    : handle_(std::make_unique<handle>()), settings_(s), token_(std::move(token)) {
  handle_->no_proxy = hosts_without_proxy(env);
}
node_client::~node_client() = default;

core::result<node_answer, trouble> node_client::get(const std::string& path) {
  curl_easy_reset(handle_->curl);
  return perform(path, {});
}

core::result<node_answer, trouble> node_client::post(const std::string& path, const std::string& json,
                                                     const std::vector<std::string>& headers) {
  curl_easy_reset(handle_->curl);
  curl_easy_setopt(handle_->curl, CURLOPT_POSTFIELDS, json.data());
  curl_easy_setopt(handle_->curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
  auto all = headers;
  all.emplace_back("Content-Type: application/json");
  return perform(path, all);
}

core::result<node_answer, trouble> node_client::perform(const std::string& path,
                                                        const std::vector<std::string>& headers) {
  CURL* const curl = handle_->curl;
  header_list lines;
  if (!token_.empty()) append(lines, "Authorization: Bearer " + token_);
  for (const auto& line : headers)
    append(lines, line);
  node_answer answer;
  const std::string url = settings_.url + path;
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, handle_->no_proxy.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "logline/" LOGLINE_VERSION);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout_s * 1'000));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) {
    const bool mistyped = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
    return trouble{mistyped ? exit_usage : exit_unreachable,
                   fmt::format("{}: {}", settings_.url, curl_easy_strerror(code))};
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

std::string refusal_text(long status, std::string_view body) {
  const std::string code = text_of(body, "code");
  if (code.empty()) return fmt::format("HTTP status {} without an answer of a node", status);
  std::string out = core::excerpt(code) + ": " + core::excerpt(text_of(body, "message"), 1'024);
  for (const auto& detail : elements_of(member_of(body, "details")))
    out += fmt::format("\n  {} {}", core::excerpt(text_of(detail, "path"), 256),
                       core::excerpt(text_of(detail, "problem"), 256));
  if (const auto wait = member_of(body, "retry_after_s"); !wait.empty())
    out += fmt::format("\n  try again in {} s", wait);
  return out;
}

core::result<std::string, trouble> accepted(core::result<node_answer, trouble> answer) {
  if (!answer) return answer.error();
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  return trouble{exit_refused, refusal_text(answer->status, answer->body)};
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~"}.find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string entity_path(const core::address& entity) {
  std::string out = "/v2/entities/" + entity.tenant + '/' + entity.type;
  for (std::size_t begin = 0; begin <= entity.key.size();) {
    const std::size_t end = std::min(entity.key.find('/', begin), entity.key.size());
    out += '/' + percent_encoded(std::string_view{entity.key}.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string hosts_without_proxy(const environment& env) {
  const auto own = env.variable("no_proxy");
  return "127.0.0.1,localhost,::1" + (own ? ',' + *own : std::string{});
}

}  // namespace logline::cli
