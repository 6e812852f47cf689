// Bytes of a connection: the requests in them are the same however they are cut, and say nothing two ways.
// links: logline_http
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/gate.hpp"
#include "adapters/http/request_reader.hpp"

namespace {

using namespace logline;
using progress = http::request_reader::progress;

constexpr std::size_t body_max = 4'096;

http::server_limits small_limits() {
  http::server_limits limits;
  limits.header_bytes = 1'024;
  limits.target_bytes = 256;
  return limits;
}

struct reading {
  std::vector<http::request> requests;
  std::string refusal;
};

reading read_in_pieces(std::string_view bytes, std::size_t piece) {
  static const http::server_limits limits = small_limits();
  http::request_reader reader{limits};
  reading out;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (bool more = true; more;) {
      switch (reader.advance()) {
        case progress::need_more:
          more = false;
          break;
        case progress::head:
          reader.accept_body(body_max);
          break;
        case progress::request:
          out.requests.push_back(reader.take());
          break;
        case progress::refused:
          out.refusal = reader.refusal().code;
          return out;
      }
    }
  }
  return out;
}

void check(const http::request& r) {
  LL_INVARIANT(r.body.size() <= body_max, "a body of {} bytes", r.body.size());
  LL_INVARIANT(r.head.chunked || r.body.size() == r.head.content_length, "{} bytes of {}", r.body.size(),
               r.head.content_length);
  LL_INVARIANT(r.head.count("host") <= 1 && r.head.count("transfer-encoding") + r.head.count("content-length") <= 1,
               "{} header fields contradict each other", r.head.headers.size());
  for (const auto& [name, value] : r.head.headers)
    LL_INVARIANT(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos, "{} holds a line end", name);
  const auto where = http::parse_target(r.head.target);
  if (!where) return;
  for (const auto& segment : where->segments)
    LL_INVARIANT(segment != ".." && segment.find_first_of(std::string_view{"/\\\0", 3}) == std::string::npos,
                 "a segment of {} bytes leads elsewhere", segment.size());
  static const http::server_options nobody = [] {
    http::server_options options;
    options.authenticate = [](std::string_view) -> std::optional<core::principal_id> { return std::nullopt; };
    return options;
  }();
  const auto let_in = http::admit(r.head, nobody);
  LL_INVARIANT(!let_in || let_in->row->who == http::access::open, "nobody was let in to {}", let_in->row->pattern);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
  const auto cut = read_in_pieces(bytes, piece);
  LL_INVARIANT(whole.requests.size() == cut.requests.size() && whole.refusal == cut.refusal,
               "{} requests and then \"{}\" as a whole, {} and \"{}\" in pieces of {}", whole.requests.size(),
               whole.refusal, cut.requests.size(), cut.refusal, piece);
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    LL_INVARIANT(
        whole.requests[i].body == cut.requests[i].body && whole.requests[i].head.target == cut.requests[i].head.target,
        "request {} differs in pieces of {}", i, piece);
    check(whole.requests[i]);
  }
  return 0;
}
