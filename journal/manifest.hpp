#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "domain/core/digest.hpp"
#include "domain/core/ids.hpp"
#include "domain/core/time.hpp"
#include "journal/errc.hpp"

namespace logline::journal {

/// A file as a manifest lists it.
struct manifest_file {
  std::string path;  ///< relative, '/' between segments
  std::uint64_t bytes = 0;
  core::digest sha256;
  std::uint64_t crc32c = 0;  ///< of a table file of the store, by which the next backup knows it again; else 0
  friend bool operator==(const manifest_file&, const manifest_file&) = default;
};

/// The journal that a backup holds.
struct manifest_journal {
  std::string site;
  std::uint16_t partition = 0;
  std::uint32_t generation = 1;  ///< of the node that wrote the backup
  core::gseq gseq;               ///< head
  core::digest chain;
  core::digest root;   ///< Merkle root
  core::timestamp at;  ///< commit time of the head
  friend bool operator==(const manifest_journal&, const manifest_journal&) = default;
};

/// What a tree of files is (BAK-02, SIG-01): written as JSON, signed detached (signing.hpp). It is about a backup when
/// it names a journal.
struct manifest {
  std::uint16_t format = 1;
  std::string name;
  core::timestamp at;  ///< when it was begun
  std::int64_t duration_ms = 0;
  std::string label;
  std::vector<manifest_journal> journals;
  std::map<std::string, std::string> versions;   ///< of program and formats
  std::map<std::string, std::uint64_t> schemas;  ///< event type → version written
  std::uint64_t erasures = 0;                    ///< in the shred ledger (GDP-08)
  std::vector<std::string> keys;                 ///< ids of the public keys in use, never keys
  std::vector<manifest_file> files;              ///< sorted by path
  friend bool operator==(const manifest&, const manifest&) = default;
};

inline constexpr std::size_t manifest_bytes_max = std::size_t{256} << 20;

std::string manifest_text(const manifest& m);
/// Errors: bad_encoding, unknown_format (a later one).
result<manifest> parse_manifest(std::string_view text);

/// Digest of a file's bytes. Errors: not_found, store_failed.
result<core::digest> file_digest(const std::filesystem::path& path);

/// Every regular file below `root`, sorted by path. Anything that is neither file nor directory is refused with
/// bad_encoding: a manifest cannot vouch for it.
result<std::vector<manifest_file>> list_tree(const std::filesystem::path& root);

/// What differs between a tree and what a manifest lists.
struct tree_difference {
  std::string path;
  enum class kind { extra, missing, changed } what = kind::changed;
  std::string expected;  ///< sha256 in hex; empty where extra
  std::string found;     ///< empty where missing
};
std::string_view to_string(tree_difference::kind kind);

/// Recomputes every digest (SIG-01). `ignore` names paths that do not count as extra, such as the manifest itself.
result<std::vector<tree_difference>> compare_tree(const manifest& m, const std::filesystem::path& root,
                                                  const std::function<bool(std::string_view path)>& ignore = {});

}  // namespace logline::journal
