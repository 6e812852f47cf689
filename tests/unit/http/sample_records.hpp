#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "journal/partition_log.hpp"
#include "tests/fixtures/account_entity.hpp"

namespace logline::fixtures {

/// Appends events of the account acme/account/KEY in one commit: amounts 1, 2, … n.
inline void fill_account(journal::partition_log& log, const std::string& key, std::uint64_t n) {
  std::vector<journal::append_request> requests;
  for (std::uint64_t i = 1; i <= n; ++i) {
    auto& request = requests.emplace_back();
    request.entity = *core::make_address("acme", "account", key);
    request.expected = core::eseq{i - 1};
    request.principal = core::principal_id{"founder"};
    request.command_id = core::make_uuid7(1'000, 7, i);
    request.correlation_id = request.command_id;
    journal::event_draft draft;
    draft.event_id = core::make_uuid7(1'000, 8, i);
    draft.event = "added";
    draft.payload = core::to_msgpack(added{static_cast<std::int64_t>(i), {}});
    request.events.push_back(std::move(draft));
  }
  const auto done = log.append(requests);
  REQUIRE(done);
  REQUIRE(done->size() == n);
  for (const auto& each : *done)
    REQUIRE(each);
}

}  // namespace logline::fixtures
