#include "journal/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

namespace logline::journal {

error file_error(const std::filesystem::path& path, std::string_view action, int number) {
  const auto code = number == ENOENT ? errc::not_found : errc::store_failed;
  return {code, fmt::format("{}: {}: {}", path.filename().string(), action, std::strerror(number)), {}};
}

namespace {

/// Whatever is missing while writing is a failure of the store, not an answer.
error write_error(const std::filesystem::path& path, std::string_view action, int number) {
  auto failed = file_error(path, action, number);
  failed.code = errc::store_failed;
  return failed;
}

}  // namespace

file::~file() {
  if (fd_ >= 0) ::close(fd_);
}

file::file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

file& file::operator=(file&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

result<file> file::open(const std::filesystem::path& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return file_error(path, "cannot open", errno);
  return file{fd, path};
}

result<std::size_t> file::read(char* to, std::size_t size) {
  for (;;) {
    const ssize_t got = ::read(fd_, to, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return write_error(path_, "cannot read", errno);
  }
}

outcome file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return write_error(path_, "cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return core::done{};
}

outcome file::sync() {
  if (::fsync(fd_) != 0) return write_error(path_, "cannot sync", errno);
  return core::done{};
}

outcome file::truncate(std::uint64_t size) {
  const auto end = static_cast<off_t>(size);
  if (::ftruncate(fd_, end) != 0) return write_error(path_, "cannot cut", errno);
  if (::lseek(fd_, end, SEEK_SET) != end) return write_error(path_, "cannot seek", errno);
  return core::done{};
}

outcome file::still_linked() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return write_error(path_, "cannot inspect", errno);
  if (info.st_nlink == 0) return error{errc::store_failed, path_.filename().string() + ": was removed while open", {}};
  return core::done{};
}

outcome file::lock() {
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return core::done{};
  if (errno != EWOULDBLOCK) return write_error(path_, "cannot lock", errno);
  return error{errc::store_locked, "another writer has the directory open", {}};
}

outcome sync_directory(const std::filesystem::path& directory) {
  auto opened = file::open(directory, O_RDONLY | O_DIRECTORY);
  if (!opened) return write_error(directory, "cannot open the directory", errno);
  return opened->sync();
}

outcome rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return write_error(from, "cannot rename", errno);
  return sync_directory(to.parent_path());
}

outcome remove_durably(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return core::done{};
    return write_error(path, "cannot remove", errno);
  }
  return sync_directory(path.parent_path());
}

outcome replace_durably(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path unfinished = path.string() + ".tmp";
  auto opened = file::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (!opened) return write_error(unfinished, "cannot create", errno);
  if (auto written = opened->write(content); !written) return written;
  if (auto synced = opened->sync(); !synced) return synced;
  return rename_durably(unfinished, path);
}

outcome make_directory(const std::filesystem::path& directory) {
  std::error_code failed;
  if (std::filesystem::is_directory(directory, failed)) return core::done{};
  const auto above = directory.parent_path();
  if (!above.empty() && above != directory) {
    if (auto made = make_directory(above); !made) return made;
  }
  if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST)
    return write_error(directory, "cannot make the directory", errno);
  return sync_directory(above.empty() ? "." : above);
}

void running_digest::context_free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

running_digest::running_digest() : context_(EVP_MD_CTX_new()) {
  const bool ready = context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  LL_INVARIANT(ready, "OpenSSL offers no SHA-256");
}

running_digest::~running_digest() = default;
running_digest::running_digest(running_digest&&) noexcept = default;
running_digest& running_digest::operator=(running_digest&&) noexcept = default;

void running_digest::add(std::string_view bytes) {
  const bool added = EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  LL_INVARIANT(added, "SHA-256 failed inside OpenSSL");
}

core::digest running_digest::value() const {
  const std::unique_ptr<evp_md_ctx_st, context_free> copy{EVP_MD_CTX_new()};
  core::digest out;
  const bool done = copy && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
                    EVP_DigestFinal_ex(copy.get(), out.octets.data(), nullptr) == 1;
  LL_INVARIANT(done, "SHA-256 failed inside OpenSSL");
  return out;
}

}  // namespace logline::journal
