#pragma once

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "journal/open.hpp"
#include "tests/unit/journal_proof/sample_log.hpp"

namespace logline::sample {

namespace fs = std::filesystem;

/// DATA with keys/ and journal/, made as a node makes them, gone with the object.
class store_directory {
 public:
  store_directory() {
    std::string pattern = (fs::temp_directory_path() / "logline-tools-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    data_ = pattern;
    auto key = journal::site_key::load_or_create(keys());
    REQUIRE(key);
    signer_ = std::make_shared<journal::checkpoint_signer>(journal::checkpoint_origin("rio", core::partition_id{0}),
                                                           std::move(*key));
  }
  ~store_directory() { fs::remove_all(data_); }
  store_directory(const store_directory&) = delete;
  store_directory& operator=(const store_directory&) = delete;

  fs::path data() const { return data_; }
  fs::path keys() const { return data_ / "keys"; }
  fs::path partition() const {
    return journal::partition_directory((data_ / "journal").string(), core::partition_id{0});
  }

  journal::partition_options options() const {
    journal::partition_options o;
    o.log = settings(100);
    o.log.signer = signer_;
    o.directory = (data_ / "journal").string();
    o.data_directory = data_.string();
    o.free_bytes_min = 0;
    o.free_fraction_min = 0;
    return o;
  }

  /// Opens for writing and appends; each call continues the same history. Closed in order afterwards.
  void append(std::size_t commits, std::size_t commands) {
    auto opened = journal::open_partition(options());
    if (!opened) FAIL(opened.error().text());
    write(**opened, commits, commands);
  }

  /// The same, but the process is killed: what is left is what its files held at that moment.
  void append_and_die(std::size_t commits, std::size_t commands) {
    const fs::path left = data_ / "left";
    {
      auto opened = journal::open_partition(options());
      if (!opened) FAIL(opened.error().text());
      write(**opened, commits, commands);
      fs::copy(partition(), left, fs::copy_options::recursive);
    }
    fs::remove_all(partition());
    fs::rename(left, partition());
  }

  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator{partition()})
      out[entry.path().filename().string()] = read(entry.path());
    return out;
  }
  void put(const std::string& file, const std::string& content) const {
    std::ofstream{partition() / file, std::ios::binary | std::ios::trunc} << content;
  }

  static std::string read(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

 private:
  // A reactor notes its position in between, which is logged but not synced.
  void write(journal::partition_log& log, std::size_t commits, std::size_t commands) {
    history_.use(log);
    for (std::size_t i = 0; i < commits; ++i) {
      if (i % 4 == 3) REQUIRE(log.put_cursor("intake", log.head().position));
      history_.commit(commands);
    }
  }

  fs::path data_;
  std::shared_ptr<const journal::checkpoint_signer> signer_;
  history history_;
};

}  // namespace logline::sample
