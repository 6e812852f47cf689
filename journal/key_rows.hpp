#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rocksdb/db.h>

#include "domain/core/described.hpp"
#include "journal/key_store.hpp"
#include "journal/rocks_environment.hpp"

namespace logline::journal {

/// A data key as it is stored: under 'D' and its id. The box is AES-256-GCM under the epoch's key.
struct key_row {
  std::string tenant;
  core::uuid subject;
  std::uint64_t version = 1;
  std::uint64_t epoch = 0;
  std::uint64_t reserved = 0;  ///< seals that may have been made: an upper bound
  core::timestamp made_at;
  core::bytes box;
};
constexpr auto describe(core::type_tag<key_row>) {
  using core::field;
  return core::description<key_row>("key", "A data key.", field("tenant", &key_row::tenant),
                                    field("subject", &key_row::subject), field("version", &key_row::version),
                                    field("epoch", &key_row::epoch), field("reserved", &key_row::reserved),
                                    field("made_at", &key_row::made_at), field("box", &key_row::box));
}

/// A wrapped key with nothing to say about it: the secret that pseudonyms are made with, under 'P'.
struct secret_row {
  std::uint64_t epoch = 0;
  core::bytes box;
};
constexpr auto describe(core::type_tag<secret_row>) {
  return core::description<secret_row>("secret", "A wrapped secret.", core::field("epoch", &secret_row::epoch),
                                       core::field("box", &secret_row::box));
}

/// What is left of a destroyed key, under 'X' and its id.
struct erased_row {
  std::string request;
  core::timestamp at;
};
constexpr auto describe(core::type_tag<erased_row>) {
  return core::description<erased_row>("erased", "A key was destroyed.", core::field("request", &erased_row::request),
                                       core::field("at", &erased_row::at));
}

// Keys of rows. Keys are not secret: RocksDB keeps some of them in its MANIFEST.
std::string key_row_key(const core::uuid& id);                            // 'D' id
std::string erased_row_key(const core::uuid& id);                         // 'X' id
std::string epoch_row_key(std::uint64_t epoch);                           // 'K' big-endian → the epoch's wrapped key
std::string subject_name(std::string_view tenant, const core::uuid& id);  // tenant \0 pseudonym
std::string subject_row_key(const std::string& subject, std::uint64_t version);  // 'S' subject version → id
inline constexpr std::string_view secret_row_key = "P";
inline constexpr std::string_view epoch_now_key = "Mepoch";
inline constexpr std::string_view erasures_key = "Merasures";
inline constexpr std::string_view sweep_key = "Msweep";  ///< the epoch that an unfinished erasure leads to

std::string data_key_context(const core::uuid& id, const std::string& subject, std::uint64_t epoch);
std::string epoch_key_context(std::uint64_t epoch);
std::string secret_context(std::uint64_t epoch);

/// What a key store holds while it is open.
struct key_store::rows {
  std::unique_ptr<rocksdb::DB> db;
  std::shared_ptr<rocks_environment> environment;
  std::shared_ptr<locked_keys> pages;
  key_handle pseudonyms;

  std::mutex sweeping;  ///< one erasure at a time; taken before the others
  std::mutex making;    ///< changes of rows that were read before; taken before `state`

  mutable std::mutex state;  // guards what follows
  std::map<std::uint64_t, key_handle> epochs;
  std::uint64_t epoch = 0;
  std::uint64_t erasures = 0;
  std::uint64_t sweep_to = 0;       ///< 0: none is unfinished
  std::vector<std::string> doomed;  ///< boxes that no file may hold when the sweep is over

  result<std::optional<std::string>> get(std::string_view key) const;
  result<std::optional<key_row>> find_key(const core::uuid& id) const;
  outcome write(rocksdb::WriteBatch& batch, bool synced) const;
  key_handle epoch_key(std::uint64_t of) const;
  result<key_handle> unwrap(const core::uuid& id, const key_row& row) const;
};

inline rocksdb::Slice slice_of(std::string_view text) {
  return {text.data(), text.size()};
}
std::string number_text(std::uint64_t n);

template <class T>
result<T> read_row(std::string_view stored, std::string_view what) {
  auto read = core::from_msgpack<T>(stored);
  if (!read) return error{errc::store_corrupt, std::string{what} + " of the key store cannot be read", {}};
  return *std::move(read);
}

}  // namespace logline::journal
