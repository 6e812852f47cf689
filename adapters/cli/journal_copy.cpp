#include "adapters/cli/journal_copy.hpp"

#include <fmt/format.h>

#include "actors/clock.hpp"
#include "journal/merkle.hpp"
#include "journal/open.hpp"
#include "journal/record.hpp"

namespace logline::cli {

journal::outcome read_journal_copy(const std::filesystem::path& data, copy_visitor visit) {
  journal::partition_options options;
  options.directory = (data / "journal").string();
  options.data_directory = data.string();
  options.log.clock = actors::wall_clock;
  options.read_only = true;
  auto log = journal::open_partition(std::move(options));
  if (!log) return log.error();
  if ((*log)->head().position.value == 0) return core::done{};
  core::digest chain;
  journal::outcome status = core::done{};
  auto read = (*log)->scan(core::gseq{1}, [&](const journal::record_view& r) {
    journal::parsed_line line;
    line.previous = chain;
    line.hash = chain = journal::chain_hash(chain, journal::leaf_hash(r.bytes));
    status = journal::copy_record(r, line.record);
    return status.has_value() && visit(std::move(line), fmt::format("gseq {}", r.position.value));
  });
  if (!read) return read.error();
  return status;
}

}  // namespace logline::cli
