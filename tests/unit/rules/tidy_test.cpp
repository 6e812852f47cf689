#include "tests/unit/rules/tidy.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/unit/rules/readme.hpp"

using namespace logline::rules;

namespace {

std::vector<std::string> findings_in(const std::string& path, std::string_view text) {
  std::vector<std::string> out;
  for (const auto& f : check_tidy(source_file::of(path, text)))
    out.push_back(Catch::Detail::stringify(f));
  return out;
}

bool clean(const std::string& path, std::string_view text) {
  return findings_in(path, text).empty();
}

/// A function whose body and braces take `lines` lines.
std::string function_of(std::size_t lines, const std::string& head = "void work()") {
  std::string text = head + " {\n";
  for (std::size_t i = 2; i < lines; ++i)
    text += "  step();\n";
  return text + "}\n";
}

}  // namespace

TEST_CASE("the project is tidy") {
  for (const auto& file : read_sources(project_root()))
    for (const auto& f : check_tidy(file))
      FAIL_CHECK(f);
  SUCCEED();
}

TEST_CASE("every folder says its law in its README, and the project's README lists the folders that exist") {
  for (const auto& f : check_readmes(project_root()))
    FAIL_CHECK(f);
  SUCCEED();
}

TEST_CASE("the tidy check names file, line, phrase and remedy") {
  CHECK(findings_in("journal/frame.cpp", "int a;\nstd::this_thread::sleep_for(1s);") ==
        std::vector<std::string>{"journal/frame.cpp:2: sleep_for, wait for the event itself"});
}

TEST_CASE("banned phrases are found where they are banned, and only there") {
  for (const char* bad : {"// TODO later", "int x;  // FIXME", "std::cout << 1;", "usleep(3);",
                          "auto t = std::chrono::steady_clock::now();", "self->request(a, caf::infinite, 1);",
                          "request.await(f);", "#ifdef NDEBUG"}) {
    CAPTURE(bad);
    CHECK_FALSE(clean("actors/router.cpp", bad));
  }
  CHECK(clean("actors/clock.cpp", "auto t = std::chrono::system_clock::now();"));
  CHECK(clean("adapters/cli/table.cpp", "std::cout << 1;"));
  CHECK(clean("cluster/logline_main.cpp", "std::cout << 1;"));
  CHECK(clean("actors/router.cpp", "// never std::cout, never ::now()"));
  CHECK(clean("actors/router.cpp", "using namespace std::chrono_literals;"));
  CHECK_FALSE(clean("actors/router.hpp", "#pragma once\nusing namespace std::chrono_literals;"));
  CHECK_FALSE(clean("actors/router.hpp", "#pragma once\n#include <caf/all.hpp>"));
}

TEST_CASE("headers begin with #pragma once") {
  CHECK_FALSE(clean("actors/router.hpp", "int a;"));
  CHECK(clean("actors/router.hpp", "#pragma once\nint a;"));
  CHECK(clean("actors/router.cpp", "int a;"));
}

TEST_CASE("lines and files have a limit") {
  CHECK(clean("a.cpp", std::string(120, 'x')));
  CHECK_FALSE(clean("a.cpp", std::string(121, 'x')));
  std::string umlauts;
  for (int i = 0; i < 120; ++i)
    umlauts += "ü";
  CHECK(clean("a.cpp", umlauts));
  CHECK(clean("a.cpp", std::string(600, '\n')));
  CHECK_FALSE(clean("a.cpp", std::string(601, '\n')));
}

TEST_CASE("banner comments are found, titles are not") {
  CHECK_FALSE(clean("a.cpp", "//////////////////////"));
  CHECK_FALSE(clean("a.cpp", "  // =====================  "));
  CHECK_FALSE(clean("a.cpp", "/* ******************* */"));
  CHECK(clean("a.cpp", "// -- proofs ------------"));
  CHECK(clean("a.cpp", "//   1   2 | 3"));
}

TEST_CASE("functions have a limit") {
  CHECK(clean("a.cpp", function_of(70)));
  CHECK(findings_in("a.cpp", "int a;\n" + function_of(71)) ==
        std::vector<std::string>{"a.cpp:2: function of 71 lines, split it at 70"});

  SECTION("in classes, name spaces and templates") {
    CHECK_FALSE(
        clean("a.cpp", "namespace a::b {\nclass c final : public d<int> {\n public:\n" + function_of(71) + "};\n}\n"));
    CHECK_FALSE(
        clean("a.cpp", function_of(71, "template <class T>\n  requires std::is_class_v<T>\nauto f(T t) -> int")));
    CHECK_FALSE(clean("a.cpp", function_of(71, "c::c(int x) : a_{x}, b_(x), c_{std::vector<int>{1}}")));
  }
  SECTION("but not classes, name spaces and tables") {
    CHECK(clean("a.cpp", "namespace {\nstruct s {\n" + std::string(80, '\n') + "};\n}  // namespace\n"));
    CHECK(clean("a.cpp", "enum class e : std::uint8_t {\n" + std::string(80, '\n') + "};\n"));
    CHECK(clean("a.cpp", "const std::array table{\n" + std::string(80, '\n') + "};\n" + function_of(60)));
  }
  SECTION("braces in comments, literals and directives do not count") {
    CHECK(clean("a.cpp",
                "void f() { g('{', \"{\\\"{\", R\"x({{)x\", 1'000); /* { */ }  // {\n#define B {\n" + function_of(69)));
    const std::string opening = "void f() {\n  g('}', \"}\");  // }\n#define E }\n";
    CHECK_FALSE(clean("a.cpp", opening + std::string(67, '\n') + "}\n"));
    CHECK(clean("a.cpp", opening + std::string(66, '\n') + "}\n"));
  }
}

TEST_CASE("the README check names what is missing and what is too much") {
  const auto readme = source_file::of("README.md",
                                      "| folder | law |\n|---|---|\n| `domain/` | pure |\n| `attic/` | gone |\n\n"
                                      "| where | |\n|---|---|\n| x | `domain/core/ids.hpp`, `domain/cellar.hpp` |\n");
  const auto exists = [](const std::string& path) { return path != "domain/cellar.hpp" && !path.starts_with("attic"); };
  std::vector<std::string> found;
  for (const auto& f : check_folder_table(readme, {"domain", "journal"}))
    found.push_back(Catch::Detail::stringify(f));
  for (const auto& f : check_named_paths(readme, exists))
    found.push_back(Catch::Detail::stringify(f));
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"README.md:1: no row for `journal/`, add it to the folder table",
                                          "README.md:4: `attic/` does not exist, remove its row",
                                          "README.md:8: `domain/cellar.hpp` does not exist, name what does"});
  CHECK(check_law(source_file::of("journal/README.md", "# journal\n\nKnows bytes and envelopes.\n")).empty());
  CHECK(check_law(source_file::of("journal/README.md", "# journal\n\n## Files\n")).size() == 1);
}
