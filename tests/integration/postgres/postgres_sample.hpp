#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>

#include "adapters/postgres/check.hpp"
#include "adapters/postgres/mirror.hpp"
#include "adapters/postgres/reader.hpp"
#include "journal/open.hpp"
#include "tests/contract/journal/journal_fixture.hpp"
#include "tests/fixtures/postgres_server.hpp"

namespace logline::sample {

/// One server for the whole program, an empty database for each object.
struct database {
  database() { server().reset(); }
  static fixtures::postgres_server& server() {
    static fixtures::postgres_server only;
    return only;
  }
  static postgres::server_address address() {
    postgres::server_address out;
    out.url = server().url();
    out.password = fixtures::postgres_server::password();
    return out;
  }
  static postgres::mirror_options options() {
    postgres::mirror_options out;
    out.server = address();
    out.site = "here";
    out.partition = core::partition_id{1};
    return out;
  }
  std::string sql(const std::string& statements) const { return server().sql(statements); }
};

/// A log in memory and its mirror.
struct mirrored_log {
  journal::fixtures::memory_fixture memory;
  std::uint64_t of_a = 0;

  journal::partition_log& log() { return *memory.log; }
  /// Commits of three events each; time moves a little.
  void grow(std::size_t commits, std::size_t payload_bytes = 64) {
    for (std::size_t i = 0; i < commits; ++i, of_a += 3) {
      auto r = journal::fixtures::request("a", of_a, 3, payload_bytes);
      for (auto& event : r.events)
        event.payload =
            "\x81\xa1n\xcd" + std::string{static_cast<char>(of_a >> 8 & 0xff), static_cast<char>(of_a & 0xff)};
      if (payload_bytes > 64)
        for (auto& event : r.events)
          event.payload = std::string{"\x81\xa1t\xc5"} + static_cast<char>(payload_bytes >> 8) +
                          static_cast<char>(payload_bytes & 0xff) + std::string(payload_bytes, 'x');
      journal::fixtures::append_one(log(), r);
      memory.clock.advance(core::milliseconds(3));
    }
  }
  /// Appends what is missing, as the node's follower does; the error that stopped it.
  std::string feed(journal::mirror_target& to, std::size_t batch = 1'000) {
    auto at = to.open();
    if (!at) return at.error().text();
    while (at->position < log().head().position) {
      std::vector<std::string> bytes;
      const auto read = log().scan(core::next(at->position), [&](const journal::record_view& r) {
        bytes.emplace_back(r.bytes);
        return bytes.size() < batch;
      });
      REQUIRE(read);
      std::vector<journal::record_view> views(bytes.size());
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        REQUIRE(journal::read_record(bytes[i], views[i]));
        *at = {views[i].position, *log().chain_at(views[i].position)};
      }
      if (auto done = to.append(views, *at); !done) return done.error().text();
    }
    return {};
  }
  postgres::check_report verified() {
    postgres::check_scope scope;
    scope.partition = core::partition_id{1};
    const auto found = postgres::check(log(), database::address(), scope, [](core::gseq) {});
    INFO((found ? std::string{} : found.error().text()));
    REQUIRE(found);
    return *found;
  }
};

}  // namespace logline::sample
