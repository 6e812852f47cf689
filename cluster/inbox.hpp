#pragma once

#include <functional>
#include <memory>

#include "actors/door.hpp"
#include "adapters/postgres/endpoint.hpp"
#include "cluster/config.hpp"
#include "cluster/measured_duty.hpp"

namespace logline::cluster {

/// Brings the commands of the inbox table to the node (PGM-10), as principal "inbox:ROLE".
measured_duty make_inbox(const node_config& config, std::shared_ptr<const postgres::endpoint> where,
                         std::function<actors::door*()> door);

}  // namespace logline::cluster
