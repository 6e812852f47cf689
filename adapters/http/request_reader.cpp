#include "adapters/http/request_reader.hpp"

#include <utility>

namespace logline::http {

request_reader::phase request_reader::where() const {
  if (step_ == step::body || step_ == step::decide) return phase::body;
  return in_.empty() ? phase::between : phase::header;
}

request_reader::progress request_reader::advance() {
  switch (step_) {
    case step::header:
      return read_head();
    case step::decide:
      return progress::head;
    case step::body:
      return read_body();
    case step::done:
      return progress::request;
    case step::refused:
      return progress::refused;
  }
  LL_INVARIANT(false, "no step {}", static_cast<int>(step_));
}

request_reader::progress request_reader::refuse(core::failure why) {
  refusal_ = std::move(why);
  abandon();
  return progress::refused;
}

void request_reader::abandon() {
  step_ = step::refused;
  in_ = {};
  current_.body = {};
}

request_reader::progress request_reader::read_head() {
  // One empty line before a request is read over (RFC 9112 §2.2): some clients end a body with one.
  if (!skipped_line_ && in_.starts_with("\r\n")) {
    in_.erase(0, 2);
    skipped_line_ = true;
  }
  constexpr std::string_view end = "\r\n\r\n";
  const std::size_t found = in_.find(end, searched_);
  if (found == std::string::npos && in_.size() <= limits_.header_bytes) {
    searched_ = in_.size() < end.size() ? 0 : in_.size() - end.size() + 1;
    return progress::need_more;
  }
  const std::size_t size = found == std::string::npos ? in_.size() : found + end.size();
  auto head = parse_head(std::string_view{in_}.substr(0, size), limits_);
  if (!head) return refuse(std::move(head).error());
  in_.erase(0, size);
  searched_ = 0;
  skipped_line_ = false;
  current_ = request{*std::move(head), {}};
  step_ = step::decide;
  return progress::head;
}

void request_reader::accept_body(std::size_t bytes_max) {
  LL_INVARIANT(step_ == step::decide, "no request waits for its body");
  const request_head& head = current_.head;
  decoder_ =
      head.chunked ? body_decoder::of_chunks(bytes_max) : body_decoder::of_length(head.content_length, bytes_max);
  step_ = step::body;
}

request_reader::progress request_reader::read_body() {
  in_.erase(0, decoder_->feed(in_, current_.body));
  switch (decoder_->now()) {
    case body_decoder::state::more:
      return progress::need_more;
    case body_decoder::state::too_large:
      return refuse(core::too_large("the body is larger than this route takes"));
    case body_decoder::state::malformed:
      return refuse(core::invalid_input("malformed HTTP request: bad chunk"));
    case body_decoder::state::done:
      break;
  }
  step_ = step::done;
  return progress::request;
}

request request_reader::take() {
  LL_INVARIANT(step_ == step::done, "no whole request is there");
  step_ = step::header;
  return std::exchange(current_, {});
}

}  // namespace logline::http
