#include "journal/restore.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "journal/checkpoint.hpp"
#include "journal/file.hpp"
#include "journal/merkle.hpp"
#include "journal/open.hpp"
#include "journal/record_writer.hpp"
#include "journal/restore_marker.hpp"
#include "journal/restore_sources.hpp"
#include "journal/segment.hpp"
#include "journal/verify.hpp"

namespace logline::journal {

namespace fs = std::filesystem;

namespace {

error failed(std::string_view doing, const std::error_code& why) {
  return {errc::store_failed, fmt::format("{}: {}", doing, why.message()), {}};
}

bool is_journal(std::string_view path) {
  return path.starts_with("journal/");
}

class restoring {
 public:
  explicit restoring(const restore_request& request)
      : request_(request), unfinished_(request.target.string() + ".restoring") {}
  ~restoring() {
    std::error_code ignored;  // it has a name that nobody opens, and the next attempt removes it
    if (begun_) fs::remove_all(unfinished_, ignored);
  }
  restoring(const restoring&) = delete;
  restoring& operator=(const restoring&) = delete;

  result<restore_report> run() {
    auto keys = key_history::load(request_.keys);
    if (!keys) return std::move(keys).error();
    keys_ = *std::move(keys);
    if (auto clear = prepare(); !clear) return std::move(clear).error();
    auto sources = restore_sources::read(request_.from, keys_, request_.partition, request_.generation, request_.base);
    if (!sources) return std::move(sources).error();
    sources_ = *std::move(sources);
    if (auto found = put_base(); !found) return std::move(found).error();
    if (auto written = write_records(); !written) return std::move(written).error();
    if (auto whole = conclude(); !whole) return std::move(whole).error();
    return std::move(report_);
  }

 private:
  outcome prepare() {
    std::error_code problem;
    if (fs::exists(request_.target, problem) &&
        (!fs::is_directory(request_.target, problem) || !fs::is_empty(request_.target, problem)))
      return error{errc::conflict,
                   fmt::format("REFUSED_NOT_EMPTY: {} is not empty; name a new directory", request_.target.string()),
                   {}};
    if (!problem || problem == std::errc::no_such_file_or_directory) fs::remove_all(unfinished_, problem);
    if (problem) return failed("looking at the target", problem);
    begun_ = true;
    return make_directory(unfinished_ / "journal");
  }

  bool is_wanted(core::gseq position, core::timestamp at) const {
    return (!request_.to_position || position <= *request_.to_position) &&
           (!request_.to_time || at <= *request_.to_time);
  }

  outcome put_base() {
    const auto* base = sources_.base_for([&](const manifest_journal& j) { return is_wanted(j.gseq, j.at); });
    if (!request_.base.empty() && base == nullptr)
      return error{errc::not_found, fmt::format("{} reaches beyond the point asked for", request_.base), {}};
    if (base == nullptr) return core::done{};
    report_.base = base->name;
    if (auto fetched = fetch(*base, unfinished_, {}); !fetched) return fetched;
    const auto& says = base->content.journals.front();
    const auto log = open_to_read(unfinished_);
    if (!log) return log.error();
    const log_head head = (*log)->head();
    if (head.position != says.gseq || head.chain != says.chain || head.root != says.root)
      return error{errc::chain_broken,
                   fmt::format("{}: the manifest has chain {} at gseq {}, the files have {} at gseq {}", base->name,
                               says.chain.hex(), says.gseq.value, head.chain.hex(), head.position.value),
                   head.position};
    report_.base_position = head.position;
    report_.head = head;
    return core::done{};
  }

  outcome fetch(const stored_backup& base, const fs::path& to, const std::function<bool(std::string_view)>& wanted) {
    return fetch_files(request_.from, base.content, to, wanted,
                       [&](std::uint64_t done, std::uint64_t total) { show("files", done, total); });
  }

  partition_options options_in(const fs::path& data) const {
    partition_options options;
    options.directory = (data / "journal").string();
    options.data_directory = data.string();
    options.log.partition = request_.partition;
    options.log.clock = request_.clock;
    options.open_check_bytes = 0;  // each file was compared with its digest
    options.free_bytes_min = 0;
    options.free_fraction_min = 0;
    return options;
  }

  result<std::unique_ptr<partition_log>> open_to_read(const fs::path& data) const {
    auto options = options_in(data);
    options.read_only = true;
    open_report report;
    auto log = open_partition(std::move(options), &report);
    if (log && report.label != "@A" && report.label != "@B") return error{errc::store_corrupt, report.text(), {}};
    return log;
  }

  // -- records behind the base

  outcome write_records() {
    auto options = options_in(unfinished_);
    options.log.site = sources_.site();
    if (auto key = site_key::load(request_.keys); key)
      options.log.signer =
          std::make_shared<checkpoint_signer>(checkpoint_origin(sources_.site(), request_.partition), *std::move(key));
    writer_.emplace(std::move(options), report_.head.position, report_.head.chain);
    if (auto taken = follow(); !taken) return taken;
    if (request_.tail && !full_)
      if (auto taken = take_tail(); !taken) return taken;
    if (auto reached = check_reach(); !reached) return reached;
    if (report_.records == 0) return writer_.reset(), core::done{};
    auto head = writer_->finish();
    if (!head) return std::move(head).error();
    report_.head = *head;
    writer_.reset();
    return core::done{};
  }

  /// Segments, and where there are none, later bases.
  outcome follow() {
    if (request_.to_position && writer_->position() == *request_.to_position) return full_ = true, core::done{};
    for (;;) {
      const core::gseq before = writer_->position();
      for (const auto& name : sources_.segments_after(before)) {
        auto used = take_segment(name);
        if (!used) return std::move(used).error();
        if (*used) break;
      }
      if (!full_ && writer_->position() == before)
        if (const auto* later = sources_.base_beyond(before, request_.to_position, request_.to_time))
          if (auto taken = take_from_base(*later); !taken) return taken;
      if (full_ || writer_->position() == before) return core::done{};
    }
  }

  /// Answers whether the segment goes on from here; one of another history does not.
  result<bool> take_segment(const segment_name& name) {
    const auto named = [&](error e) {
      e.message = fmt::format("{}: {}", name.text(), e.message);
      return e;
    };
    const auto file = request_.from.get(name.text(), segment_file_bytes_max);
    if (!file) return named(file.error());
    const auto segment = decode_segment(*file, keys_);
    if (!segment) return named(segment.error());
    const auto& header = segment->header;
    if (segment_name{header.partition, header.generation, header.first, header.last} != name)
      return named({errc::bad_encoding, "it is another segment under this name", {}});
    if (header.first == core::next(writer_->position()) && header.before != writer_->chain()) return false;
    const core::gseq limit = sources_.limit_of(name.generation);
    const core::gseq begin = writer_->position();
    bool foreign = false;
    outcome status = core::done{};
    auto read = each_record(*segment, [&](const record_view& r, const core::digest& chain) {
      if (r.position == begin) foreign = chain != writer_->chain();
      if (foreign || r.position > limit) return false;
      if (r.position > begin) status = take(r, chain);
      return status.has_value() && !full_;
    });
    if (!read) return named(std::move(read).error());
    if (!status) return named(std::move(status).error());
    if (foreign) return false;
    ++report_.segments;
    return writer_->position() > begin;
  }

  outcome take(const record_view& r, const core::digest& chain) {
    if (!is_wanted(r.position, r.at)) return full_ = true, core::done{};
    core::record record;
    if (auto copied = copy_record(r, record); !copied) return copied;
    return take(std::move(record), chain);
  }

  outcome take(core::record&& record, const core::digest& chain) {
    const core::gseq position = record.position;
    report_.generation = std::max(report_.generation, record.generation + 1);
    report_.head.at = record.at;
    if (auto taken = writer_->take(std::move(record), chain); !taken) return taken;
    if (++report_.records % 1'000 == 0) show("records", position.value, sources_.last().value);
    full_ = request_.to_position && position == *request_.to_position;
    return core::done{};
  }

  /// A base beyond the point holds all records before its head; they are written one by one up to the point.
  outcome take_from_base(const stored_backup& base) {
    const fs::path beside = unfinished_ / "later";
    if (auto made = make_directory(beside); !made) return made;
    if (auto fetched = fetch(base, beside, is_journal); !fetched) return fetched;
    outcome status = core::done{};
    {
      const auto log = open_to_read(beside);
      if (!log) return log.error();
      const auto here = (*log)->chain_at(writer_->position());
      if (!here) return here.error();
      if (*here != writer_->chain()) return core::done{};  // of another history
      core::digest chain = *here;
      auto read = (*log)->scan(core::next(writer_->position()), [&](const record_view& r) {
        chain = chain_hash(chain, leaf_hash(r.bytes));
        status = take(r, chain);
        return status.has_value() && !full_;
      });
      if (!read) return std::move(read).error();
    }
    std::error_code problem;
    fs::remove_all(beside, problem);
    if (problem) return failed("clearing away what was read", problem);
    return status;
  }

  outcome take_tail() {
    outcome status = core::done{};
    auto read = request_.tail([&](parsed_line&& line, const std::string& place) {
      const core::gseq position = line.record.position;
      if (position <= writer_->position()) {
        const bool meets = position < writer_->position() || line.hash == writer_->chain();
        if (!meets) status = error{errc::chain_broken, place + ": the copy is one of another journal", position};
        return meets;
      }
      if (!is_wanted(position, line.record.at)) return full_ = true, false;
      if (line.previous != writer_->chain()) {
        status = error{errc::chain_broken, place + ": it does not continue what was restored", position};
        return false;
      }
      status = take(std::move(line.record), line.hash);
      if (status) ++report_.tail_records;
      return status.has_value() && !full_;
    });
    return read ? status : read;
  }

  error out_of_range(const std::string& wanted) const {
    return {errc::not_found,
            fmt::format("RANGE_UNAVAILABLE: {} was asked for; what is there reaches from gseq 1 to gseq {}, {}", wanted,
                        std::max(sources_.last(), writer_->position()).value,
                        core::to_rfc3339(std::max(sources_.covered_until(), report_.head.at))),
            {}};
  }

  outcome check_reach() const {
    const core::gseq reached = writer_->position();
    if (request_.to_position && reached != *request_.to_position)
      return out_of_range(fmt::format("gseq {}", request_.to_position->value));
    const bool beyond =
        request_.to_time && !full_ && *request_.to_time > std::max(sources_.covered_until(), report_.head.at);
    if (request_.to_time && (beyond || reached.value == 0)) return out_of_range(core::to_rfc3339(*request_.to_time));
    if (reached.value == 0) return error{errc::not_found, "there is no record to restore", {}};
    if (!request_.to_position && !full_ && reached < sources_.last())
      return error{errc::position_gap,
                   fmt::format("records {} to {} are at none of the places that hold what follows",
                               core::next(reached).value, sources_.last().value),
                   core::next(reached)};
    return core::done{};
  }

  // -- the end

  outcome conclude() {
    report_.generation = std::max(report_.generation, sources_.newest_generation() + 1);
    if (auto verified = verify(); !verified) return verified;
    if (auto copied = copy_keys(); !copied) return copied;
    if (request_.subjects)
      if (auto put = restore_keys(unfinished_, *request_.subjects, sources_.erasures()); !put) return put;
    const restore_marker marker{report_.generation, request_.inspection,   request_.clock(),
                                report_.base,       report_.head.position, report_.head.chain};
    if (auto written = write_restore_marker(unfinished_, marker); !written) return written;
    return put_in_place();
  }

  outcome verify() {
    auto where = options_in(unfinished_);
    verify_options options;
    options.progress = [&](const verify_progress& p) {
      show("verify", p.position.value, p.end.value);
      return true;
    };
    if (auto verifier = find_verifier(where, request_.keys); verifier) where.verifier = *std::move(verifier);
    const auto report = verify_store(where, options);
    if (!report.ok()) return error{report.first().code, report.first().text(), report.first().position};
    if (report.head.position != report_.head.position || report.head.chain != report_.head.chain)
      return error{errc::chain_broken, "what was restored is not what was written", report.head.position};
    report_.head = report.head;
    return core::done{};
  }

  outcome copy_keys() {
    std::error_code problem;
    const fs::path to = unfinished_ / "keys";
    fs::create_directory(to, problem);
    if (!problem) fs::permissions(to, fs::perms::owner_all, problem);
    fs::directory_iterator each{request_.keys, problem};
    for (; !problem && each != fs::directory_iterator{}; each.increment(problem))
      if (each->is_regular_file(problem)) fs::copy_file(each->path(), to / each->path().filename(), problem);
    if (problem) return failed("copying the keys", problem);
    return sync_directory(to);
  }

  outcome put_in_place() {
    std::error_code problem;
    fs::remove(request_.target, problem);  // an empty directory may stand there
    if (!problem) fs::permissions(unfinished_, fs::perms::owner_all, problem);
    if (!problem) fs::rename(unfinished_, request_.target, problem);
    if (problem) return failed("moving the data directory to its place", problem);
    begun_ = false;
    const auto above = fs::absolute(request_.target).parent_path();
    return sync_directory(above);
  }

  void show(std::string_view what, std::uint64_t done, std::uint64_t total) const {
    if (request_.progress) request_.progress(what, done, total);
  }

  const restore_request& request_;
  const fs::path unfinished_;
  bool begun_ = false;
  key_history keys_;
  restore_sources sources_;
  restore_report report_;
  std::optional<record_writer> writer_;
  bool full_ = false;  ///< the point asked for is reached: what follows is not wanted
};

}  // namespace

result<restore_report> restore(const restore_request& request) {
  return restoring{request}.run();
}

}  // namespace logline::journal
