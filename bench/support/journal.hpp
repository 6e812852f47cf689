#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/support/payloads.hpp"
#include "domain/core/context.hpp"
#include "journal/open.hpp"

namespace logline::bench {

/// A partition as a node opens it, heads signed by a key of its own; creates it where there is none. Ends the program
/// on errors.
std::unique_ptr<journal::partition_log> open_journal(const std::filesystem::path& directory,
                                                     journal::open_report* report = nullptr,
                                                     const journal::log_settings& settings = {});

/// Makes appends of one event each for entities chosen at random; knows each one's eseq. By one thread.
class append_source {
 public:
  append_source(const payloads& from, std::size_t entities, std::uint64_t seed = 1);

  journal::append_request next();
  /// The same for one entity.
  journal::append_request next(std::size_t entity);

  const core::address& entity(std::size_t n) const { return entities_[n].address; }
  core::eseq last(std::size_t n) const { return entities_[n].last; }
  std::size_t entities() const { return entities_.size(); }

 private:
  struct known {
    core::address address;
    core::eseq last;
  };

  const payloads& payloads_;
  std::vector<known> entities_;
  core::draw_source draws_;
  std::uint64_t made_ = 0;
};

/// Appends `records` one-event requests, `per_commit` to a commit.
void fill(journal::partition_log& log, append_source& source, std::uint64_t records, std::size_t per_commit);

}  // namespace logline::bench
