#include "cluster/retention_end.hpp"

#include "journal/record.hpp"

namespace logline::cluster {

journal::result<core::gseq> retention_end(const journal::partition_log& log, const archive::retention& policy,
                                          core::gseq after, core::timestamp now, std::uint32_t days_max) {
  core::gseq end = after;
  if (log.head().position <= after) return end;
  const auto read = log.scan(core::next(after), [&](const journal::record_view& r) {
    const archive::record_facts facts{r.tenant, r.type, r.key, r.position, r.at};
    if (!archive::is_over(policy, facts, now, days_max) || archive::is_held(policy, facts)) return false;
    end = r.position;
    return true;
  });
  if (!read) return read.error();
  return end;
}

}  // namespace logline::cluster
