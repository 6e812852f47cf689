#include "journal/rocks_environment.hpp"

#include <utility>

#include <fmt/format.h>

namespace logline::journal {

rocks_environment::rocks_environment(std::shared_ptr<rocksdb::FileSystem> file_system)
    : files(std::move(file_system)), owned(rocksdb::NewCompositeEnv(files)), env(owned.get()) {}

std::shared_ptr<rocks_environment> rocks_environment::standard() {
  static const auto environment = [] {
    auto made = std::make_shared<rocks_environment>(rocksdb::FileSystem::Default());
    // A commit that waits for a core behind a table being written is seen by somebody; the table by nobody.
    for (const auto pool : {rocksdb::Env::Priority::HIGH, rocksdb::Env::Priority::LOW})
      made->env->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow).PermitUncheckedError();
    return made;
  }();
  return environment;
}

error to_error(const rocksdb::Status& status, std::string_view doing) {
  // What RocksDB looks for it wrote once: a file that is missing is damage, not an operating system in trouble.
  const bool damaged = status.IsCorruption() || status.IsPathNotFound();
  return {damaged ? errc::store_corrupt : errc::store_failed, fmt::format("{}: {}", doing, status.ToString()), {}};
}

}  // namespace logline::journal
