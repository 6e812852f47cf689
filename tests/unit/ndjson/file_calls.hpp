#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace logline::sample {

/// A change of a file or a directory, as the system was asked for it.
struct file_call {
  enum class kind : std::uint8_t { create, write, truncate, sync, sync_directory, rename, unlink };
  kind what = kind::create;
  std::string name;  ///< in the directory; the old one of a rename
  std::string to;    ///< of a rename
  std::string bytes;
  std::uint64_t size = 0;  ///< of a truncate
};

/// While it lives, notes what this program changes in that directory, one call after the other. This program's own
/// open, write, ftruncate, fsync, rename and unlink stand before libc's: the code under test is what users run. One at
/// a time, by one thread.
class file_calls {
 public:
  explicit file_calls(std::filesystem::path directory);
  ~file_calls();
  file_calls(const file_calls&) = delete;
  file_calls& operator=(const file_calls&) = delete;

  const std::vector<file_call>& calls() const { return calls_; }
  std::vector<file_call>& calls() { return calls_; }
  const std::filesystem::path& directory() const { return directory_; }
  /// Asked before each write to a file of the directory; answers how many bytes reach it before the program dies, or
  /// anything beyond the size to let it live.
  std::function<std::size_t(const std::string& name, std::size_t size)> last_write;

 private:
  std::filesystem::path directory_;
  std::vector<file_call> calls_;
};

/// What of the calls' effects a power cut leaves at least: of a file's bytes what was synced, of names what the
/// directory's last sync had seen.
class disk_model {
 public:
  void apply(const file_call& call);
  std::map<std::string, std::string> durable_files() const;

 private:
  struct content {
    std::string now;
    std::string synced;
  };
  std::vector<content> files_;
  std::map<std::string, std::size_t> names_;
  std::map<std::string, std::size_t> synced_names_;
};

}  // namespace logline::sample
