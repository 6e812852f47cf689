#include "actors/clock.hpp"

#include <chrono>

namespace logline::actors {

core::timestamp wall_clock() {
  using namespace std::chrono;
  return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace logline::actors
