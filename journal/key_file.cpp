#include "journal/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <openssl/crypto.h>

namespace logline::journal {

namespace {

constexpr std::size_t key_file_bytes_max = 4096;

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

error os_error(errc code, std::string_view name, std::string_view action, int number) {
  return {code, fmt::format("keys/{}: {}: {}", name, action, std::strerror(number)), {}};
}

/// Root may read any key; everybody else only their own.
bool is_foreign(const struct stat& info) {
  return info.st_uid != ::geteuid() && ::geteuid() != 0;
}

std::optional<std::string> complaint(const struct stat& file, const struct stat& directory, key_access access) {
  if (!S_ISREG(file.st_mode)) return "not a regular file";
  if (file.st_size > static_cast<off_t>(key_file_bytes_max)) return "too large for a key";
  if (access == key_access::public_) return std::nullopt;
  if (is_foreign(file)) return "belongs to another user";
  if ((file.st_mode & 077) != 0) return fmt::format("mode {:o} lets others at it; it must be 600", file.st_mode & 0777);
  if ((directory.st_mode & 077) != 0)
    return fmt::format("its directory has mode {:o}; it must be 700", directory.st_mode & 0777);
  return std::nullopt;
}

outcome write_all(int fd, std::string_view name, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return os_error(errc::store_failed, name, "cannot write", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return core::done{};
}

outcome sync_directory(const std::filesystem::path& path, std::string_view name) {
  const descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.is_open() || ::fsync(directory.get()) != 0)
    return os_error(errc::store_failed, name, "cannot sync its directory", errno);
  return core::done{};
}

outcome make_directory(const std::filesystem::path& keys_dir, std::string_view name) {
  if (::mkdir(keys_dir.c_str(), 0700) == 0) return sync_directory(keys_dir / "..", name);
  if (errno == EEXIST) return core::done{};
  return os_error(errc::store_failed, name, "cannot make its directory", errno);
}

outcome write_temporary(const std::filesystem::path& path, std::string_view name, std::string_view content,
                        mode_t mode) {
  // A leftover of a crash holds a key that nobody has used yet.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return os_error(errc::store_failed, name, "cannot clear the way", errno);
  const descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!file.is_open()) return os_error(errc::store_failed, name, "cannot create", errno);
  if (auto written = write_all(file.get(), name, content); !written) return written;
  if (::fchmod(file.get(), mode) != 0) return os_error(errc::store_failed, name, "cannot set its mode", errno);
  if (::fsync(file.get()) != 0) return os_error(errc::store_failed, name, "cannot sync", errno);
  return core::done{};
}

}  // namespace

result<std::string> read_key_file(const std::filesystem::path& keys_dir, std::string_view name, key_access access) {
  const std::filesystem::path path = keys_dir / name;
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file.is_open()) {
    const int number = errno;
    return os_error(number == ENOENT ? errc::not_found : errc::key_missing, name, "cannot open", number);
  }
  struct stat info {};
  struct stat directory {};
  if (::fstat(file.get(), &info) != 0 || ::stat(keys_dir.c_str(), &directory) != 0)
    return os_error(errc::key_missing, name, "cannot inspect", errno);
  if (const auto reason = complaint(info, directory, access))
    return error{errc::key_missing, fmt::format("keys/{}: {}", name, *reason), {}};
  std::string content(key_file_bytes_max, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int number = errno;
      wipe(content);
      return os_error(errc::key_missing, name, "cannot read", number);
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

outcome create_key_file(const std::filesystem::path& keys_dir, std::string_view name, std::string_view content,
                        key_access access) {
  if (auto made = make_directory(keys_dir, name); !made) return made;
  const std::filesystem::path target = keys_dir / name;
  const std::filesystem::path temporary = keys_dir / (std::string{name} + ".tmp");
  const mode_t mode = access == key_access::private_ ? 0600 : 0644;
  if (auto written = write_temporary(temporary, name, content, mode); !written) return written;
  // Unlike rename, link never replaces: a key that is there already stays.
  const int linked = ::link(temporary.c_str(), target.c_str()) == 0 ? 0 : errno;
  if (::unlink(temporary.c_str()) != 0)
    return os_error(errc::store_failed, name, "cannot remove the temporary file", errno);
  if (linked == EEXIST) return error{errc::conflict, fmt::format("keys/{} is there already", name), {}};
  if (linked != 0) return os_error(errc::store_failed, name, "cannot put it in place", linked);
  return sync_directory(keys_dir, name);
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace logline::journal
