#include "journal/witness.hpp"

#include <cstring>
#include <utility>

#include "journal/crc32c.hpp"
#include "journal/little_endian.hpp"

namespace logline::journal {

namespace {

constexpr std::string_view magic = "LLW1";
// Slot: magic, CRC-32C of the rest, serial, position, chain, closed, zeros.
constexpr std::size_t at_checksum = 4;
constexpr std::size_t at_serial = 8;
constexpr std::size_t at_position = 16;
constexpr std::size_t at_chain = 24;
constexpr std::size_t at_closed = 56;

std::string path_in(const std::string& directory) {
  return directory + '/' + std::string{witness_file_name};
}

// Under another name until it is whole: a file of this name is never half-written.
outcome replace(const rocks_environment& environment, const std::string& directory, const witness& w) {
  const std::string path = path_in(directory);
  const std::string unfinished = path + ".part";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  auto status = environment.files->NewWritableFile(unfinished, {}, &file, nullptr);
  if (status.ok()) status = file->Append(encode_witness_slot(w) + encode_witness_slot(w), {}, nullptr);
  if (status.ok()) status = file->Fsync({}, nullptr);
  if (status.ok()) status = file->Close({}, nullptr);
  if (status.ok()) status = environment.files->RenameFile(unfinished, path, {}, nullptr);
  std::unique_ptr<rocksdb::FSDirectory> parent;
  if (status.ok()) status = environment.files->NewDirectory(directory, {}, &parent, nullptr);
  if (status.ok()) status = parent->Fsync({}, nullptr);
  if (!status.ok()) return to_error(status, "replacing WITNESS");
  return core::done{};
}

}  // namespace

std::string encode_witness_slot(const witness& w) {
  std::string slot(witness_slot_bytes, '\0');
  std::memcpy(slot.data(), magic.data(), magic.size());
  put_little_endian(slot.data() + at_serial, w.serial);
  put_little_endian(slot.data() + at_position, w.position.value);
  std::memcpy(slot.data() + at_chain, w.chain.octets.data(), w.chain.octets.size());
  slot[at_closed] = w.closed ? 1 : 0;
  put_little_endian(slot.data() + at_checksum, crc32c(std::string_view{slot}.substr(at_serial)));
  return slot;
}

std::optional<witness> parse_witness_slot(std::string_view slot) {
  if (slot.size() != witness_slot_bytes || !slot.starts_with(magic)) return std::nullopt;
  if (get_little_endian<std::uint32_t>(slot.data() + at_checksum) != crc32c(slot.substr(at_serial)))
    return std::nullopt;
  witness w;
  w.serial = get_little_endian<std::uint64_t>(slot.data() + at_serial);
  w.position.value = get_little_endian<std::uint64_t>(slot.data() + at_position);
  w.chain = core::digest::from(slot.substr(at_chain));
  w.closed = slot[at_closed] != 0;
  return w;
}

result<witness_reading> read_witness(const rocks_environment& environment, const std::string& directory) {
  witness_reading reading;
  const std::string path = path_in(directory);
  auto status = environment.env->FileExists(path);
  if (status.IsNotFound()) return reading;
  std::string bytes;
  if (status.ok()) status = rocksdb::ReadFileToString(environment.env, path, &bytes);
  if (!status.ok()) return to_error(status, "reading WITNESS");
  reading.exists = true;
  bytes.resize(witness_file_bytes);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto slot = parse_witness_slot(std::string_view{bytes}.substr(i * witness_slot_bytes, witness_slot_bytes));
    if (!slot) {
      reading.has_damaged_slot = true;
    } else if (!reading.newest || slot->serial > reading.newest->serial) {
      reading.newest = slot;
    }
  }
  return reading;
}

result<witness_file> witness_file::open(const rocks_environment& environment, const std::string& directory,
                                        const witness& now) {
  if (auto replaced = replace(environment, directory, now); !replaced) return std::move(replaced).error();
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  if (const auto status = environment.files->NewRandomRWFile(path_in(directory), {}, &file, nullptr); !status.ok())
    return to_error(status, "opening WITNESS");
  return witness_file{environment, directory, std::move(file), now};
}

outcome witness_file::note(core::gseq position, const core::digest& chain) {
  ++last_.serial;
  last_.position = position;
  last_.chain = chain;
  const auto status = file_->Write(last_.serial % 2 * witness_slot_bytes, encode_witness_slot(last_), {}, nullptr);
  if (!status.ok()) return to_error(status, "writing WITNESS");
  return core::done{};
}

outcome witness_file::sync() {
  const auto status = file_->Fsync({}, nullptr);
  if (!status.ok()) return to_error(status, "syncing WITNESS");
  return core::done{};
}

outcome witness_file::close() {
  ++last_.serial;
  last_.closed = true;
  return replace(*environment_, directory_, last_);
}

}  // namespace logline::journal
