#include "tests/unit/ndjson/file_calls.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdarg>
#include <optional>

namespace {

using logline::sample::file_call;
using logline::sample::file_calls;

file_calls* watching = nullptr;

template <class Function>
Function* beyond(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// The name of a path in the watched directory; of the directory itself the empty one.
std::optional<std::string> watched_name(const std::filesystem::path& path) {
  if (watching == nullptr) return std::nullopt;
  if (path == watching->directory()) return "";
  if (path.parent_path() != watching->directory() || path.filename() == "LOCK") return std::nullopt;
  return path.filename().string();
}

std::optional<std::string> watched_name(int file) {
  if (watching == nullptr) return std::nullopt;
  std::error_code gone;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), gone);
  return gone ? std::nullopt : watched_name(path);
}

void note(file_call::kind what, std::string name, std::string to = {}, std::string bytes = {}, std::uint64_t size = 0) {
  watching->calls().push_back({what, std::move(name), std::move(to), std::move(bytes), size});
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    std::va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  const auto name = watched_name(std::filesystem::path{path});
  const bool writes = (flags & (O_WRONLY | O_RDWR)) != 0;
  const bool is_new = writes && name && ::access(path, F_OK) != 0;
  static auto* const real = beyond<int(const char*, int, ...)>("open");
  const int file = real(path, flags, mode);
  if (file < 0 || !writes || !name) return file;
  if (is_new) note(file_call::kind::create, *name);
  if (!is_new && (flags & O_TRUNC) != 0) note(file_call::kind::truncate, *name);
  return file;
}

ssize_t write(int file, const void* from, size_t size) {
  static auto* const real = beyond<ssize_t(int, const void*, size_t)>("write");
  const auto name = watched_name(file);
  if (name && watching->last_write) {
    const auto kept = watching->last_write(*name, size);
    if (kept < size) {
      real(file, from, kept);
      ::raise(SIGKILL);
    }
  }
  const auto written = real(file, from, size);
  if (name && written > 0)
    note(file_call::kind::write, *name, {}, {static_cast<const char*>(from), static_cast<size_t>(written)});
  return written;
}

int ftruncate(int file, off_t size) noexcept {
  static auto* const real = beyond<int(int, off_t)>("ftruncate");
  const auto name = watched_name(file);
  const int done = real(file, size);
  if (done == 0 && name) note(file_call::kind::truncate, *name, {}, {}, static_cast<std::uint64_t>(size));
  return done;
}

int fsync(int file) {
  static auto* const real = beyond<int(int)>("fsync");
  const auto name = watched_name(file);
  const int done = real(file);
  if (done == 0 && name) note(name->empty() ? file_call::kind::sync_directory : file_call::kind::sync, *name);
  return done;
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = beyond<int(const char*, const char*)>("rename");
  const auto name = watched_name(std::filesystem::path{from});
  const int done = real(from, to);
  if (done == 0 && name) note(file_call::kind::rename, *name, std::filesystem::path{to}.filename().string());
  return done;
}

int unlink(const char* path) noexcept {
  static auto* const real = beyond<int(const char*)>("unlink");
  const auto name = watched_name(std::filesystem::path{path});
  const int done = real(path);
  if (done == 0 && name) note(file_call::kind::unlink, *name);
  return done;
}

}  // extern "C"

namespace logline::sample {

file_calls::file_calls(std::filesystem::path directory) : directory_(std::move(directory)) {
  watching = this;
}

file_calls::~file_calls() {
  watching = nullptr;
}

void disk_model::apply(const file_call& call) {
  using kind = file_call::kind;
  switch (call.what) {
    case kind::create:
      names_[call.name] = files_.size();
      files_.emplace_back();
      break;
    case kind::write:
      files_[names_.at(call.name)].now += call.bytes;
      break;
    case kind::truncate:
      files_[names_.at(call.name)].now.resize(call.size);
      break;
    case kind::sync:
      files_[names_.at(call.name)].synced = files_[names_.at(call.name)].now;
      break;
    case kind::sync_directory:
      synced_names_ = names_;
      break;
    case kind::rename:
      names_[call.to] = names_.at(call.name);
      names_.erase(call.name);
      break;
    case kind::unlink:
      names_.erase(call.name);
      break;
  }
}

std::map<std::string, std::string> disk_model::durable_files() const {
  std::map<std::string, std::string> out;
  for (const auto& [name, file] : synced_names_)
    out[name] = files_[file].synced;
  return out;
}

}  // namespace logline::sample
