#include <catch2/catch.hpp>

#include <sstream>

#include "adapters/cli/progress.hpp"
#include "adapters/cli/render.hpp"

using namespace logline;
using cli::output_format;

namespace {

std::string object(output_format format, std::string_view json) {
  std::ostringstream out;
  cli::print_object(out, format, json);
  return out.str();
}

std::string list(output_format format, const std::vector<std::string>& rows) {
  std::ostringstream out;
  cli::list_printer printer{out, format, {"name", "n"}};
  for (const auto& row : rows)
    printer.row(row);
  printer.finish();
  return out.str();
}

}  // namespace

TEST_CASE("one object in every format") {
  const std::string json = R"({"gseq":7,"reply":{"a":1},"name":"x, \"y\""})";
  CHECK(object(output_format::json, json) == json + "\n");
  CHECK(object(output_format::ndjson, json) == json + "\n");
  CHECK(object(output_format::table, json) == "gseq   7\nreply  {\"a\":1}\nname   x, \"y\"\n");
  CHECK(object(output_format::csv, json) == "gseq,reply,name\n7,\"{\"\"a\"\":1}\",\"x, \"\"y\"\"\"\n");
}

TEST_CASE("a list in every format") {
  const std::vector<std::string> rows{R"({"n":1,"name":"é","more":true})", R"({"name":"longer, name"})"};
  CHECK(list(output_format::json, rows) == "[" + rows[0] + ",\n " + rows[1] + "]\n");
  CHECK(list(output_format::json, {}) == "[]\n");
  CHECK(list(output_format::ndjson, rows) == rows[0] + "\n" + rows[1] + "\n");
  CHECK(list(output_format::csv, rows) == "name,n\né,1\n\"longer, name\",\n");
  CHECK(list(output_format::table, rows) == "name          n\né             1\nlonger, name\n");
  CHECK(list(output_format::table, {}) == "name  n\n");
}

TEST_CASE("a long table keeps the widths of its first rows") {
  std::vector<std::string> rows(150, R"({"name":"ab","n":1})");
  rows.push_back(R"({"name":"much longer","n":2})");
  const auto text = list(output_format::table, rows);
  CHECK(text.starts_with("name  n\nab    1\n"));
  CHECK(text.ends_with("ab    1\nmuch longer  2\n"));
}

TEST_CASE("foreign text does not steer the terminal") {
  CHECK(list(output_format::table, {R"({"name":"a\u001b[2Jb","n":"\u0007"})"}).find('\x1b') == std::string::npos);
  CHECK(object(output_format::table, R"({"name":"a\u001b[2Jb"})").find('\x1b') == std::string::npos);
}

TEST_CASE("progress tells part, rate and time left") {
  CHECK(cli::progress_line("verify", "records", 500, 1'000, 2'000'000) ==
        "verify  [###############---------------]  50%  250 records/s  0:02 left");
  CHECK(cli::progress_line("export", "bytes", 3'000'000, 0, 1'000'000) == "export  3.0M bytes  3.0M/s");
  CHECK(cli::progress_line("verify", "records", 0, 10, 0).find("  0%") != std::string::npos);
  CHECK(cli::progress_line("verify", "records", 20, 10, 1'000'000).find("100%") != std::string::npos);
}
