#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "adapters/cli/environment.hpp"
#include "domain/core/address.hpp"
#include "domain/core/result.hpp"
#include "journal/record_archive.hpp"

namespace logline::cli {

/// {"eseq","gseq","state","hash"} of the entity, folded from the archive's records up to that point: eseq:N, gseq:N, a
/// time, or nothing. Trouble: usage (no such point, no such entity then), damage.
core::result<std::string, trouble> archived_state(
    journal::record_archive& archive, const core::address& entity, const std::string& as_of,
    const std::function<const core::entity_type*(std::string_view)>& find_type);

}  // namespace logline::cli
