#include "bench/support/command_question.hpp"

#include <CLI/CLI.hpp>

#include "bench/support/baselines.hpp"
#include "bench/support/engine.hpp"
#include "bench/support/options.hpp"
#include "bench/support/report.hpp"

namespace logline::bench {

namespace {

constexpr std::size_t distinct_payloads = 16'384;
constexpr double warm_up_seconds = 0.5;

void answer(const options& o, const std::string& name, const command_question& q, std::size_t in_flight,
            const payloads& from, const machine& m) {
  const scratch directory{o, name};
  engine node{directory.path(), {}};
  command_source commands{from, q.entities};
  send_commands(node.door(), commands, in_flight, warm_up_seconds);

  contender product, raw;
  const noise_meter noise;
  for (std::size_t round = 0; round < o.rounds; ++round) {
    product.add(send_commands(node.door(), commands, in_flight, o.seconds));
    raw.add(append_raw(directory.path(), from, in_flight, o.seconds));
  }
  parameters p;
  p.add("in_flight", static_cast<double>(in_flight)).add("entities", static_cast<double>(q.entities));
  p.add("payload_bytes", payload_bytes).add("payload_msgpack_bytes", from.msgpack_bytes_mean());
  p.add("payload_zstd1_share", from.compressed_share());
  p.add("rounds", static_cast<double>(o.rounds)).add("seconds", o.seconds);
  print({name, p, "commands/s", product, "raw_fdatasync", &raw, noise.share()}, m);
}

}  // namespace

int answer_commands(int argc, char** argv, const std::string& about, const std::string& name,
                    command_question question) {
  const auto o = parse_options(argc, argv, about, [&](CLI::App& app) {
    app.add_option("--in-flight", question.in_flight, "unanswered commands at any time");
    app.add_option("--entities", question.entities, "that commands are spread over");
  });
  const machine m{o.directory};
  const payloads from{distinct_payloads};
  for (const std::size_t in_flight : question.in_flight)
    answer(o, name, question, in_flight, from, m);
  return 0;
}

}  // namespace logline::bench
