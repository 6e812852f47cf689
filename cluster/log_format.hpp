#pragma once

#include <memory>

#include <spdlog/pattern_formatter.h>

#include "domain/core/json.hpp"

namespace logline::cluster {

/// %J in a log pattern: the message as a JSON string.
class json_message_flag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string text;
    core::append_json_text(text, {message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<json_message_flag>(); }
};

}  // namespace logline::cluster
