// Runs the kept input of every fuzz target: what a fuzzer once found stays found, with any compiler.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#define FUZZ_TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef FUZZ_TARGET

namespace {

namespace fs = std::filesystem;

struct target {
  const char* name;
  int (*run)(const std::uint8_t*, std::size_t);
};

constexpr target targets[] = {
#define FUZZ_TARGET(name) {#name, fuzz_##name},
#include "fuzz_targets.inc"
#undef FUZZ_TARGET
};

fs::path corpus() {
  const char* source = std::getenv("LOGLINE_SOURCE");
  REQUIRE(source != nullptr);
  return fs::path{source} / "tests" / "fuzz" / "corpus";
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  if (fs::is_directory(folder)) std::copy(fs::directory_iterator{folder}, {}, std::back_inserter(found));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("no kept input of a fuzz target fails", "[unit][fuzz]") {
  for (const auto& target : targets) {
    INFO(target.name);
    const auto inputs = entries(corpus() / target.name);
    REQUIRE_FALSE(inputs.empty());
    for (const auto& path : inputs) {
      std::ifstream in{path, std::ios::binary};
      const std::string input{std::istreambuf_iterator<char>{in}, {}};
      INFO(path.filename());
      REQUIRE(target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size()) == 0);
    }
  }
}

TEST_CASE("every corpus has its target", "[unit][fuzz]") {
  for (const auto& folder : entries(corpus())) {
    INFO(folder.filename());
    CHECK(std::any_of(std::begin(targets), std::end(targets),
                      [&](const auto& t) { return folder.filename() == t.name; }));
  }
}
