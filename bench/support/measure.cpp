#include "bench/support/measure.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

namespace logline::bench {

namespace {

/// Time that all cores spent on anything but waiting, in seconds since boot (proc(5), /proc/stat).
double busy_seconds() {
  std::ifstream stat{"/proc/stat"};
  std::string cpu;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
  stat >> cpu >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
  return static_cast<double>(user + nice + system + irq + softirq + steal) /
         static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

double cpu_seconds_of(int who) {
  rusage used{};
  ::getrusage(who, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double own_seconds() {
  return cpu_seconds_of(RUSAGE_SELF) + cpu_seconds_of(RUSAGE_CHILDREN);
}

std::size_t resident_bytes_of(const std::string& process) {
  std::ifstream statm{"/proc/" + process + "/statm"};
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

double latencies::quantile(double share) {
  if (us_.empty()) return 0;
  const auto index = std::min(us_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(us_.size())));
  const auto place = us_.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(us_.begin(), place, us_.end());
  return *place;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double cpu_seconds() {
  return cpu_seconds_of(RUSAGE_SELF);
}

noise_meter::noise_meter() : busy_(busy_seconds()), own_(own_seconds()), begin_(clock::now()) {}

double noise_meter::share() const {
  const double others = (busy_seconds() - busy_) - (own_seconds() - own_);
  const double whole = seconds_since(begin_) * static_cast<double>(std::thread::hardware_concurrency());
  return std::clamp(others / whole, 0.0, 1.0);
}

std::size_t resident_bytes() {
  return resident_bytes_of("self");
}
std::size_t resident_bytes(int pid) {
  return resident_bytes_of(std::to_string(pid));
}

}  // namespace logline::bench
