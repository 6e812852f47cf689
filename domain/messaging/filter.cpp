#include "domain/messaging/filter.hpp"

#include <algorithm>
#include <charconv>

namespace logline::messaging {

namespace {

bool lets_through(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::any_of(names.begin(), names.end(), [&](std::string_view wanted) {
           if (!wanted.ends_with('*')) return wanted == name;
           return name.starts_with(wanted.substr(0, wanted.size() - 1));
         });
}

}  // namespace

bool matches(const event_filter& filter, std::string_view home, const filtered_event& e) {
  if (e.type == own_type) return false;
  if (home != "system" && e.tenant != home) return false;
  if (!filter.streams.empty() && !(e.is_of_timeline && lets_through(filter.streams, e.key))) return false;
  return lets_through(filter.types, e.type) && lets_through(filter.events, e.event) &&
         lets_through(filter.tenants, e.tenant);
}

core::result<start_point> parse_start(std::string_view text) {
  if (text == "head") return start_point{start_kind::head, {}, {}};
  if (text == "begin") return start_point{start_kind::begin, {}, {}};
  if (text.starts_with("gseq:")) {
    std::uint64_t n = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data() + 5, end, n);
    if (problem == std::errc{} && stopped == end && n > 0) return start_point{start_kind::gseq, core::gseq{n}, {}};
  } else if (const auto time = core::parse_rfc3339(text)) {
    return start_point{start_kind::time, {}, *time};
  }
  return core::invalid_input("start is none of head, begin, gseq:N and an RFC 3339 time",
                             {{"/start", "must be head, begin, gseq:N or an RFC 3339 time"}});
}

}  // namespace logline::messaging
