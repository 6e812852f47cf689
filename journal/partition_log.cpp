#include "journal/partition_log.hpp"

#include <iterator>
#include <utility>

#include "journal/framer.hpp"
#include "journal/record.hpp"

namespace logline::journal {

void prepared_commit_deleter::operator()(prepared_commit* commit) const {
  delete commit;
}

std::size_t requests_taken(const prepared_commit& commit) {
  return commit.results.size();
}

result<append_results> partition_log::append(std::span<const append_request> requests) {
  append_results all;
  while (!requests.empty()) {
    auto commit = prepare(requests);
    if (!commit) return std::move(commit).error();
    requests = requests.subspan(requests_taken(**commit));
    auto written = write(std::move(*commit));
    if (!written) return std::move(written).error();
    std::move(written->begin(), written->end(), std::back_inserter(all));
  }
  return all;
}

result<core::gseq> partition_log::read(core::gseq from, const record_visitor& visit) const {
  core::record record;
  outcome copied = core::done{};
  auto next = scan(from, [&](const record_view& view) {
    copied = copy_record(view, record);
    return copied && visit(record);
  });
  if (!copied) return std::move(copied).error();
  return next;
}

}  // namespace logline::journal
