#include "bench/support/payloads.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <zstd.h>

#include "bench/support/options.hpp"
#include "domain/core/context.hpp"
#include "domain/core/json.hpp"

namespace logline::bench {

namespace {

constexpr std::array<std::string_view, 96> words{
    "please",   "leave",   "the",     "parcel",   "with",    "our",     "neighbour", "at",     "number",  "door",
    "ring",     "twice",   "before",  "noon",     "after",   "lunch",   "fragile",   "glass",  "inside",  "gift",
    "wrap",     "blue",    "paper",   "no",       "receipt", "call",    "driver",    "on",     "arrival", "gate",
    "code",     "is",      "back",    "garden",   "shed",    "behind",  "house",     "keep",   "dry",     "cold",
    "handle",   "care",    "urgent",  "order",    "second",  "half",    "later",     "this",   "week",    "customer",
    "asked",    "for",     "refund",  "partly",   "paid",    "invoice", "sent",      "by",     "mail",    "to",
    "office",   "address", "changed", "since",    "last",    "time",    "thanks",    "for",    "quick",   "reply",
    "size",     "too",     "small",   "exchange", "next",    "larger",  "one",       "colour", "faded",   "photo",
    "attached", "see",     "ticket",  "above",    "closed",  "again",   "open",      "until",  "friday",  "evening",
    "between",  "six",     "and",     "eight",    "only",    "monday"};

std::string order(core::draw_source& draws) {
  std::string out =
      fmt::format(R"({{"order":"{:016x}","customer":"c-{:06}","sku":"{}{}{}-{:04}","quantity":{},)"
                  R"("price_cents":{},"currency":"EUR",)"
                  R"("placed_at":"2025-{:02}-{:02}T{:02}:{:02}:{:02}Z","note":")",
                  draws.next(), draws.next() % 1'000'000, static_cast<char>('A' + draws.next() % 26),
                  static_cast<char>('A' + draws.next() % 26), static_cast<char>('A' + draws.next() % 26),
                  draws.next() % 10'000, 1 + draws.next() % 9, 100 + draws.next() % 99'900, 1 + draws.next() % 12,
                  1 + draws.next() % 28, draws.next() % 24, draws.next() % 60, draws.next() % 60);
  while (out.size() < payload_bytes) {
    out += words[draws.next() % words.size()];
    out += ' ';
  }
  out.resize(payload_bytes - 2);
  return out += "\"}";
}

}  // namespace

payloads::payloads(std::size_t count) {
  core::draw_source draws{20250314};
  for (std::size_t i = 0; i < count; ++i) {
    json_.push_back(order(draws));
    auto value = core::document_from_json(json_.back());
    if (!value) give_up("a payload that is no JSON: " + value.error().message);
    msgpack_.push_back(std::move(value->msgpack));
  }
}

double payloads::compressed_share() const {
  std::string plain;
  for (std::size_t i = 0; plain.size() < 64 * 1024; ++i)
    plain += json(i);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1);
  return static_cast<double>(size) / static_cast<double>(plain.size());
}

double payloads::msgpack_bytes_mean() const {
  double sum = 0;
  for (const auto& one : msgpack_)
    sum += static_cast<double>(one.size());
  return sum / static_cast<double>(msgpack_.size());
}

}  // namespace logline::bench
