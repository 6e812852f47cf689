#include "journal/mirror_copy.hpp"

#include <string>
#include <vector>

#include "journal/merkle.hpp"
#include "journal/record.hpp"
#include "journal/settings.hpp"

namespace logline::journal {

result<mirror_position> copy_records(const partition_log& from, mirror_target& to, mirror_position at, core::gseq last,
                                     std::size_t chunk, const std::function<bool(core::gseq)>& progress) {
  std::string bytes;
  std::vector<std::size_t> ends;
  std::vector<record_view> views;
  while (at.position < last) {
    bytes.clear();
    ends.clear();
    const auto read = from.scan(core::next(at.position), [&](const record_view& r) {
      bytes += r.bytes;
      ends.push_back(bytes.size());
      return ends.size() < chunk && bytes.size() < batch_bytes_max && r.position < last;
    });
    if (!read) return read.error();
    if (ends.empty()) return error{errc::not_found, "the log ends before this record", last};
    views.assign(ends.size(), {});
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size(); begin = ends[i++]) {
      const auto record = std::string_view{bytes}.substr(begin, ends[i] - begin);
      if (auto seen = read_record(record, views[i]); !seen) return std::move(seen).error();
      at = {views[i].position, chain_hash(at.chain, leaf_hash(record))};
    }
    if (auto written = to.append(views, at); !written) return std::move(written).error();
    if (!progress(at.position)) break;
  }
  return at;
}

}  // namespace logline::journal
