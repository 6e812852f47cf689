#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/alerts.hpp"
#include "actors/door.hpp"
#include "actors/replay.hpp"
#include "actors/shell_handler.hpp"
#include "cluster/privacy.hpp"
#include "journal/keys.hpp"
#include "journal/partition_log.hpp"

namespace logline::cluster {

/// What the work on requests about persons' data needs. References outlive it.
struct privacy_work_parts {
  privacy_store& store;
  journal::site_key site;
  std::function<actors::door*()> door;  ///< null until the node lives
  std::function<const journal::partition_log*()> log;
  actors::type_finder types;
  std::shared_ptr<actors::alerts> alerts;
  std::vector<std::filesystem::path> ledger_places;
};

/// Works on requests, one at a time on a thread of its own: journals what will be destroyed, writes the shred ledger,
/// destroys the keys, and signs the certificate (GDP-07, GDP-11, GDP-14). Each step may be repeated; a failed attempt
/// is ERROR and tried again by the queue (GDP-02).
class privacy_work {
 public:
  explicit privacy_work(privacy_work_parts parts);
  ~privacy_work();
  privacy_work(const privacy_work&) = delete;
  privacy_work& operator=(const privacy_work&) = delete;

  /// For tasks "gdpr.process" and "gdpr.alert".
  std::vector<actors::shell_handler> handlers();
  /// Finishes what is under way, and answers the rest UNAVAILABLE. Call while the node still answers.
  void stop();

 private:
  struct office;
  std::unique_ptr<office> in_;
};

}  // namespace logline::cluster
