#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "adapters/ndjson/mirror.hpp"
#include "adapters/postgres/mirror.hpp"
#include "adapters/postgres/reader.hpp"
#include "tests/fixtures/postgres_server.hpp"
#include "tests/unit/ndjson/mirror_sample.hpp"

/// Every mirror there is, as the contract sees it: how to make a writer, and what a reader finds.
namespace logline::mirrors {

struct copy_content {
  std::vector<std::string> records;  ///< canonical bytes, in order
  core::digest chain;
};

inline copy_content content_of(
    core::function_ref<journal::outcome(core::function_ref<bool(const journal::parsed_line&)>)> read) {
  copy_content out;
  const auto done = read([&](const journal::parsed_line& line) {
    out.records.push_back(journal::encode_record(line.record));
    out.chain = line.hash;
    return true;
  });
  INFO((done ? std::string{} : done.error().text()));
  REQUIRE(done);
  return out;
}

struct ndjson_fixture {
  sample::folder home;

  std::unique_ptr<journal::mirror_target> writer(const std::string& site = "rio") const {
    auto settings = sample::options(home.path(), 20'000);
    settings.site = site;
    return std::make_unique<ndjson::mirror>(std::move(settings));
  }
  copy_content content() const {
    return content_of([&](core::function_ref<bool(const journal::parsed_line&)> visit) {
      ndjson::reader copy{home.path(), {sample::line_key()}, sample::site_key().public_key()};
      return copy.read([&](const journal::parsed_line& line, const ndjson::line_place&) { return visit(line); });
    });
  }
};

/// One server for the whole program, an empty database for each test.
inline fixtures::postgres_server& server() {
  static fixtures::postgres_server only;
  return only;
}

struct postgres_fixture {
  postgres_fixture() { server().reset(); }

  static postgres::mirror_options options(const std::string& site = "rio") {
    postgres::mirror_options settings;
    settings.server.url = server().url();
    settings.server.password = fixtures::postgres_server::password();
    settings.site = site;
    settings.partition = core::partition_id{3};
    settings.records_per_transaction = 4;
    return settings;
  }
  std::unique_ptr<journal::mirror_target> writer(const std::string& site = "rio") const {
    return std::make_unique<postgres::mirror>(options(site));
  }
  copy_content content() const {
    const auto settings = options();
    return content_of([&](core::function_ref<bool(const journal::parsed_line&)> visit) {
      return postgres::read_records(settings.server, "ledger", settings.partition,
                                    [&](journal::parsed_line&& line, const std::string&) { return visit(line); });
    });
  }
};

using implementations = std::tuple<ndjson_fixture, postgres_fixture>;

}  // namespace logline::mirrors
