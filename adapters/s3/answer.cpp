#include "adapters/s3/answer.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace logline::s3 {

using journal::errc;
using journal::error;

namespace {

std::string unescaped(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> entities{
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    for (const auto& [entity, meaning] : entities) {
      if (!text.starts_with(entity)) continue;
      taken = entity.size();
      c = meaning;
    }
    out += c;
    text.remove_prefix(taken);
  }
  return out;
}

/// What stands between <name> and </name>, from `at` on; moves `at` behind it.
std::optional<std::string_view> next_element(std::string_view xml, const std::string& name, std::size_t& at) {
  const std::string begin_tag = '<' + name + '>';
  const std::string end_tag = "</" + name + '>';
  const auto begin = xml.find(begin_tag, at);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto end = xml.find(end_tag, begin);
  if (end == std::string_view::npos) return std::nullopt;
  at = end + end_tag.size();
  return xml.substr(begin + begin_tag.size(), end - begin - begin_tag.size());
}

}  // namespace

std::string element_of(std::string_view xml, std::string_view name) {
  std::size_t at = 0;
  const auto found = next_element(xml, std::string{name}, at);
  return found ? unescaped(*found) : std::string{};
}

journal::result<listing_page> parse_listing(std::string_view xml) {
  const error malformed{errc::bad_encoding, "the store's list is none", {}};
  if (xml.find("<ListBucketResult") == std::string_view::npos ||
      xml.find("</ListBucketResult>") == std::string_view::npos)
    return malformed;
  listing_page page;
  std::size_t at = 0;
  while (const auto object = next_element(xml, "Contents", at)) {
    journal::object_info info{element_of(*object, "Key"), 0};
    const auto size = element_of(*object, "Size");
    const auto parsed = std::from_chars(size.data(), size.data() + size.size(), info.bytes);
    if (info.name.empty() || parsed.ec != std::errc{} || parsed.ptr != size.data() + size.size()) return malformed;
    page.objects.push_back(std::move(info));
  }
  if (element_of(xml, "IsTruncated") == "true") {
    page.next = element_of(xml, "NextContinuationToken");
    if (page.next->empty()) return malformed;
  }
  return page;
}

}  // namespace logline::s3
