// Table files against their whole-file checksums.
#include <algorithm>

#include <fmt/format.h>
#include <rocksdb/file_checksum.h>

#include "journal/rocks_store.hpp"

namespace logline::journal {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 20;

/// Empty when the file's bytes are the ones it was written with.
std::string difference(rocksdb::Env& env, const rocksdb::LiveFileMetaData& table) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (const auto status =
          env.NewSequentialFile(table.directory + '/' + table.relative_filename, &file, rocksdb::EnvOptions{});
      !status.ok())
    return status.ToString();
  rocksdb::FileChecksumGenContext context;
  context.file_name = table.relative_filename;
  context.requested_checksum_func_name = table.file_checksum_func_name;
  const auto generator = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator(context);
  if (generator == nullptr) return "has no checksum";
  std::string buffer(chunk_bytes, '\0');
  for (;;) {
    rocksdb::Slice read;
    if (const auto status = file->Read(chunk_bytes, &read, buffer.data()); !status.ok()) return status.ToString();
    if (read.empty()) break;
    generator->Update(read.data(), read.size());
  }
  generator->Finalize();
  return generator->GetChecksum() == table.file_checksum ? std::string{} : "does not fit its checksum";
}

damaged_table describe(const rocksdb::LiveFileMetaData& table, std::string message) {
  damaged_table out;
  out.name = table.relative_filename;
  out.message = std::move(message);
  for (const auto f : families)
    if (table.column_family_name == to_string(f)) out.where = f;
  constexpr std::size_t log_key_bytes = 10;
  if (out.where == family::log && table.smallestkey.size() == log_key_bytes)
    out.position.value = *parse_position(std::string{table.smallestkey.rbegin(), table.smallestkey.rbegin() + 8});
  return out;
}

}  // namespace

result<std::vector<damaged_table>> rocks_store::check_tables(std::uint64_t bytes_max, std::uint64_t& left_bytes) const {
  std::vector<rocksdb::LiveFileMetaData> tables;
  db_->GetLiveFilesMetaData(&tables);
  std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.file_number > b.file_number; });
  std::vector<damaged_table> damaged;
  left_bytes = 0;
  for (const auto& table : tables) {
    if (table.size > bytes_max) {
      left_bytes += table.size;
      continue;
    }
    bytes_max -= table.size;
    if (auto message = difference(*environment_->env, table); !message.empty())
      damaged.push_back(describe(table, std::move(message)));
  }
  return damaged;
}

}  // namespace logline::journal
