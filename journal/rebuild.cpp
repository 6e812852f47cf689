#include "journal/rebuild.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "journal/file.hpp"
#include "journal/record_writer.hpp"

namespace logline::journal {

namespace {

error failed(std::string_view doing, const std::string& why) {
  return {errc::store_failed, fmt::format("{}: {}", doing, why), {}};
}

std::filesystem::path unfinished_place(const std::filesystem::path& place) {
  auto out = place;
  out += ".rebuilding";
  return out;
}

partition_options beside(partition_options options) {
  options.directory = unfinished_place(options.directory);
  return options;
}

}  // namespace

struct rebuilding::workshop {
  explicit workshop(partition_options options)
      : place(options.directory),
        unfinished(unfinished_place(place)),
        writer(beside(std::move(options)), core::gseq{0}, core::digest{}) {}

  std::filesystem::path place;
  std::filesystem::path unfinished;
  record_writer writer;
};

rebuilding::rebuilding(partition_options options) : in_(std::make_unique<workshop>(std::move(options))) {}

rebuilding::~rebuilding() {
  if (!in_) return;
  const auto unfinished = in_->unfinished;
  in_.reset();
  std::error_code ignored;  // what stays behind has a name that nobody opens, and the next attempt removes it
  std::filesystem::remove_all(unfinished, ignored);
}

result<std::unique_ptr<rebuilding>> rebuilding::begin(partition_options options) {
  std::unique_ptr<rebuilding> made{new rebuilding{std::move(options)}};
  std::error_code problem;
  if (std::filesystem::exists(made->in_->place, problem) && !std::filesystem::is_empty(made->in_->place, problem))
    return error{errc::conflict, "REFUSED_NOT_EMPTY: there is a journal already; name another data directory", {}};
  if (!problem) std::filesystem::remove_all(made->in_->unfinished, problem);
  if (problem) return failed("looking at the directory", problem.message());
  return made;
}

outcome rebuilding::take(core::record r, const core::digest& hash) {
  return in_->writer.take(std::move(r), hash);
}

result<log_head> rebuilding::finish() {
  auto& in = *in_;
  auto head = in.writer.finish();
  if (!head && head.error().code == errc::not_found)
    return error{errc::not_found, "there is no record to rebuild from", {}};
  if (!head) return head;
  std::error_code problem;
  std::filesystem::remove(in.place, problem);  // an empty directory may stand there
  if (!problem) std::filesystem::rename(in.unfinished, in.place, problem);
  if (problem) return failed("moving the journal to its place", problem.message());
  const auto parent = in.place.parent_path();
  if (auto synced = sync_directory(parent.empty() ? "." : parent); !synced) return std::move(synced).error();
  in_.reset();
  return head;
}

}  // namespace logline::journal
