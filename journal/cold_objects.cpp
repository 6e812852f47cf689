#include "journal/cold_objects.hpp"

#include <fmt/format.h>

namespace logline::journal {

namespace {

constexpr std::size_t packed_bytes_max = std::size_t{1} << 30;

}  // namespace

std::string cold_objects::name_of(const cold_range& range) const {
  return fmt::format("cold/{:05}/{:020}-{:020}-{}.rows", range.partition.value, range.first.value, range.last.value,
                     range.sha256.hex());
}

result<object_store*> cold_objects::store() {
  if (!store_) {
    auto opened = open_();
    if (!opened) return std::move(opened).error();
    store_ = std::move(*opened);
  }
  return store_.get();
}

outcome cold_objects::put(const cold_range& range, std::string_view packed) {
  const std::lock_guard lock{mutex_};
  const auto to = store();
  if (!to) return to.error();
  const auto name = name_of(range);
  if (auto put = (*to)->put(name, packed); !put) return put;
  const auto back = (*to)->get(name, packed.size());
  if (!back && back.error().code != errc::too_large) return back.error();
  if (back && *back == packed) return core::done{};
  return error{errc::checksum_mismatch, name + ": the place gives out other bytes than were stored", range.first};
}

result<std::string> cold_objects::get(const cold_range& range) {
  const std::lock_guard lock{mutex_};
  const auto from = store();
  if (!from) return from.error();
  return (*from)->get(name_of(range), packed_bytes_max);
}

}  // namespace logline::journal
