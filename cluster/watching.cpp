#include "cluster/watching.hpp"

namespace logline::cluster {

void add_watching(std::vector<std::shared_ptr<const actors::duty>>& to,
                  const std::unique_ptr<actors::runtime>& living) {
  to.push_back(std::make_shared<actors::duty>(
      actors::duty{"subscriptions", core::schedule::every(core::seconds(10)),
                   [&living](const std::stop_token&) { return living->watch_subscriptions(); }}));
}

}  // namespace logline::cluster
