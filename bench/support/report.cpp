#include "bench/support/report.hpp"

#include <cstdio>
#include <fstream>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "bench/support/options.hpp"
#include "domain/core/json.hpp"

namespace logline::bench {

extern const char* const built_from;  // written by the build

namespace {

constexpr std::size_t fsyncs = 200;

std::string literal(std::string_view text) {
  std::string out;
  core::append_json_text(out, text);
  return out;
}

// Six digits: more would claim a precision that no benchmark has.
std::string number(double value) {
  return fmt::format("{:.6g}", value) == "inf" ? "null" : fmt::format("{}", std::stod(fmt::format("{:.6g}", value)));
}

std::string list(const std::vector<double>& values) {
  std::string out;
  for (const double value : values)
    out += (out.empty() ? "" : ",") + number(value);
  return '[' + out + ']';
}

std::string cpu_name() {
  std::ifstream info{"/proc/cpuinfo"};
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

double fdatasync_us(const std::filesystem::path& directory) {
  const std::string path = directory / "fsync.probe";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (file < 0) give_up("cannot create " + path);
  const std::string page(4096, 'x');
  latencies each;
  for (std::size_t i = 0; i < fsyncs; ++i) {
    const auto begin = clock::now();
    const bool done =
        ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) && ::fdatasync(file) == 0;
    if (!done) give_up("cannot write " + path);
    each.add(seconds_since(begin) * 1e6);
  }
  ::close(file);
  std::filesystem::remove(path);
  return each.quantile(0.5);
}

/// What is printed of product and baseline alike.
std::string fields_of(contender& who) {
  std::string out = fmt::format(R"("value":{},)", number(who.value()));
  if (who.latency.empty())
    out += R"("p50_us":null,"p99_us":null)";
  else
    out += fmt::format(R"("p50_us":{},"p99_us":{})", number(who.latency.quantile(0.5)),
                       number(who.latency.quantile(0.99)));
  if (!who.cpu_us.empty()) out += fmt::format(R"(,"cpu_us":{})", number(median(who.cpu_us)));
  return out + R"(,"rounds":)" + list(who.rounds);
}

}  // namespace

parameters& parameters::add(const std::string& name, double value) {
  fields_.emplace_back(name, number(value));
  return *this;
}
parameters& parameters::add(const std::string& name, const std::string& value) {
  fields_.emplace_back(name, literal(value));
  return *this;
}
std::string parameters::json() const {
  std::string out;
  for (const auto& [name, value] : fields_)
    out += fmt::format("{}{}:{}", out.empty() ? "" : ",", literal(name), value);
  return '{' + out + '}';
}

machine::machine(const std::filesystem::path& directory) : cpu_(cpu_name()) {
  std::filesystem::create_directories(directory);
  disk_fsync_us_ = fdatasync_us(directory);
}
std::string machine::json() const {
  return fmt::format(R"({{"cpu":{},"cores":{},"disk_fsync_us":{}}})", literal(cpu_),
                     std::thread::hardware_concurrency(), number(disk_fsync_us_));
}

void print(figure f, const machine& m) {
  std::string line = fmt::format(R"({{"bench":{},"params":{},{},"unit":{})", literal(f.bench), f.params.json(),
                                 fields_of(f.product), literal(f.unit));
  if (f.baseline != nullptr) {
    contender baseline = *f.baseline;
    line += fmt::format(R"(,"baseline":{{"name":{},{}}},"ratio":{})", literal(f.baseline_name), fields_of(baseline),
                        number(f.product.value() / baseline.value()));
  } else {
    line += R"(,"baseline":null,"ratio":null)";
  }
  if (f.noise) line += fmt::format(R"(,"cpu_used_by_others":{})", number(*f.noise));
  line += fmt::format(R"(,"commit":{},"machine":{}}})", literal(built_from), m.json());
  std::puts(line.c_str());
  std::fflush(stdout);
}

}  // namespace logline::bench
