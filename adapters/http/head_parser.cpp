#include <charconv>

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "adapters/http/request_reader.hpp"

namespace logline::http {

namespace {

namespace beast = boost::beast::http;

core::failure malformed(std::string_view what) {
  return core::invalid_input("malformed HTTP request: " + std::string{what});
}

/// What Beast lets through although it has let requests be smuggled elsewhere (RFC 9112 §2.2, §5.2, §11.2).
const char* line_problem(std::string_view block) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (block[i] == '\r' && (i + 1 == block.size() || block[i + 1] != '\n')) return "a carriage return of its own";
    if (block[i] != '\n') continue;
    if (i == 0 || block[i - 1] != '\r') return "a line feed of its own";
    if (i + 1 < block.size() && (block[i + 1] == ' ' || block[i + 1] == '\t')) return "a folded header line";
  }
  return nullptr;
}

class head_grammar final : public beast::basic_parser<true> {
 public:
  head_grammar() {
    skip(true);                                               // bodies are body_decoder's
    header_limit(std::numeric_limits<std::uint32_t>::max());  // ours is checked before
  }
  request_head head;
  int version = 11;

 private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(beast::verb, text method, text target, int http_version, error_code&) override {
    head.method.assign(method.data(), method.size());
    head.target.assign(target.data(), target.size());
    version = http_version;
  }
  void on_field_impl(beast::field, text name, text value, error_code&) override {
    header& h = head.headers.emplace_back(header{{}, std::string{value.data(), value.size()}});
    h.name.reserve(name.size());
    for (const char c : name)
      h.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + ('a' - 'A')) : x) == y;
         });
}

const char* length_problem(request_head& head) {
  const std::string* length = head.find("content-length");
  if (length == nullptr) return nullptr;
  if (head.count("content-length") > 1) return "two content-length fields";
  const char* const end = length->data() + length->size();
  const auto parsed = std::from_chars(length->data(), end, head.content_length);
  return parsed.ec == std::errc{} && parsed.ptr == end ? nullptr : "content-length is no number";
}

const char* coding_problem(request_head& head, int version) {
  const std::string* coding = head.find("transfer-encoding");
  if (coding == nullptr) return nullptr;
  if (version < 11) return "transfer-encoding in HTTP/1.0";
  if (head.count("transfer-encoding") > 1 || !equals_ignoring_case(*coding, "chunked"))
    return "a transfer-encoding other than chunked";
  if (head.count("content-length") > 0) return "content-length beside transfer-encoding";
  head.chunked = true;
  return nullptr;
}

const char* host_problem(const request_head& head, int version) {
  const std::size_t hosts = head.count("host");
  if (hosts > 1) return "two host fields";
  if (hosts == 0) return version < 11 ? nullptr : "no host field";
  const bool odd = head.find("host")->find_first_of(" \t,/\\@?#<>\"") != std::string::npos;
  return odd ? "host is no host" : nullptr;
}

/// Leaves path and query, also of the absolute form that proxies send (RFC 9112 §3.2.2).
const char* target_problem(request_head& head) {
  if (std::any_of(head.target.begin(), head.target.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return "the target holds characters that must be percent-encoded";
  constexpr std::string_view scheme = "http://";
  if (head.target.starts_with(scheme)) {
    const std::size_t path = head.target.find_first_of("/?", scheme.size());
    head.target.erase(0, path);
    if (head.target.empty() || head.target.front() == '?') head.target.insert(0, 1, '/');
  }
  return head.target.front() == '/' ? nullptr : "the target is no path";
}

const char* problem_of(request_head& head, int version) {
  if (version != 10 && version != 11) return "only HTTP/1.1 and HTTP/1.0 are spoken here";
  if (const char* p = target_problem(head)) return p;
  if (const char* p = host_problem(head, version)) return p;
  if (const char* p = length_problem(head)) return p;
  return coding_problem(head, version);
}

}  // namespace

core::result<request_head> parse_head(std::string_view block, const server_limits& limits) {
  if (block.size() > limits.header_bytes)
    return core::failure{core::failure_kind::too_large, "HEADERS_TOO_LARGE",
                         fmt::format("the header block is larger than {} bytes", limits.header_bytes)};
  if (const char* problem = line_problem(block)) return malformed(problem);
  head_grammar grammar;
  boost::beast::error_code error;
  const std::size_t used = grammar.put(boost::asio::const_buffer{block.data(), block.size()}, error);
  if (error) return malformed(error.message());
  if (!grammar.is_done() || used != block.size()) return malformed("no end of header");
  request_head head = std::move(grammar.head);
  if (head.target.size() > limits.target_bytes)
    return core::failure{core::failure_kind::too_large, "URI_TOO_LONG",
                         fmt::format("the target is longer than {} bytes", limits.target_bytes)};
  if (const char* problem = problem_of(head, grammar.version)) return malformed(problem);
  head.keep_alive = grammar.version == 11 && grammar.keep_alive();
  const std::string* expect = head.find("expect");
  head.expects_continue = expect != nullptr && grammar.version == 11 && equals_ignoring_case(*expect, "100-continue");
  return head;
}

}  // namespace logline::http
