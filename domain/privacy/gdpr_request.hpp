#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "domain/core/entity.hpp"

/// `gdpr_request/<id>`: what somebody asks about a person's data (GDP-01 … GDP-03, GDP-14).
namespace logline::privacy {

enum class request_kind : std::uint8_t { erase, anonymize, hold, release };
constexpr auto describe_enum(core::type_tag<request_kind>) {
  using e = core::enumerator<request_kind>;
  return std::array{e{request_kind::erase, "DELETE"}, e{request_kind::anonymize, "ANONYMIZE"},
                    e{request_kind::hold, "HOLD"}, e{request_kind::release, "RELEASE"}};
}

enum class request_status : std::uint8_t { pending, running, done, error, refused };
constexpr auto describe_enum(core::type_tag<request_status>) {
  using e = core::enumerator<request_status>;
  return std::array{e{request_status::pending, "PENDING"}, e{request_status::running, "RUNNING"},
                    e{request_status::done, "DONE"}, e{request_status::error, "ERROR"},
                    e{request_status::refused, "REFUSED"}};
}

inline constexpr core::duration_us overdue_after = core::hours(24);  // GDP-03: alert
inline constexpr core::duration_us missed_after = core::days(30);    // GDP-03: one month in law

struct ask {
  std::string subject_id;
  request_kind kind = request_kind::erase;
  std::string reason;
};
struct start {};
struct finish {
  core::document certificate;
};
struct refuse {
  std::string code;
  std::string message;
};
struct note_failure {
  std::string error;
};
struct read_certificate {};

struct gdpr_requested {
  std::string subject;
  request_kind kind = request_kind::erase;
  std::string reason;
};
struct gdpr_started {
  std::int64_t attempt = 1;
};
struct gdpr_finished {
  core::document certificate;
};
struct gdpr_refused {
  std::string code;
  std::string message;
};
struct gdpr_failed {
  std::string error;
};
struct gdpr_overdue {
  bool missed = false;
};

struct gdpr_request {
  std::string subject;  ///< pseudonym; empty before the request
  request_kind kind = request_kind::erase;
  request_status status = request_status::pending;
  std::int64_t attempts = 0;
  core::timestamp requested_at;
  std::optional<core::timestamp> completed_at;
  std::optional<std::string> code;
  std::optional<std::string> error;
  std::optional<core::document> certificate;
  bool overdue = false;
  bool missed = false;
};

struct request_now {
  request_status status = request_status::pending;
  request_kind kind = request_kind::erase;
  std::string subject;
  std::int64_t attempts = 0;
};

constexpr auto describe(core::type_tag<ask>) {
  using core::field;
  return core::description<ask>(
      "request", "Asks for something about one person's data. The answer comes later: see the state.",
      field("subject_id", &ask::subject_id,
            {.doc = "the person; only a pseudonym is kept", .names_subject = true, .size_min = 1, .size_max = 256}),
      field("kind", &ask::kind, {.doc = "DELETE and ANONYMIZE destroy the keys; HOLD forbids that, RELEASE allows it"}),
      field("reason", &ask::reason,
            {.doc = "why; kept in the history, so it should name nobody", .optional = true, .size_max = 512}));
}
constexpr auto describe(core::type_tag<start>) {
  return core::description<start>("start", "The work begins; said by the node itself.");
}
constexpr auto describe(core::type_tag<finish>) {
  return core::description<finish>(
      "finish", "The work is done; said by the node itself.",
      core::field("certificate", &finish::certificate, {.doc = "signed; names nobody", .size_max = 262'144}));
}
constexpr auto describe(core::type_tag<refuse>) {
  using core::field;
  return core::description<refuse>("refuse", "The request is not granted; said by the node itself.",
                                   field("code", &refuse::code, {.size_max = 64}),
                                   field("message", &refuse::message, {.size_max = 1'024}));
}
constexpr auto describe(core::type_tag<note_failure>) {
  return core::description<note_failure>("note_failure", "An attempt failed; said by the node itself.",
                                         core::field("error", &note_failure::error, {.size_max = 4'096}));
}
constexpr auto describe(core::type_tag<read_certificate>) {
  return core::description<read_certificate>("certificate", "The signed certificate of a request that is done.");
}
constexpr auto describe(core::type_tag<gdpr_requested>) {
  using core::field;
  using event = gdpr_requested;
  return core::description<event>("gdpr_requested", "Something was asked about a person's data.",
                                  field("subject", &event::subject, {.doc = "pseudonym", .names_subject = true}),
                                  field("kind", &event::kind), field("reason", &event::reason));
}
constexpr auto describe(core::type_tag<gdpr_started>) {
  return core::description<gdpr_started>("gdpr_started", "The work began.",
                                         core::field("attempt", &gdpr_started::attempt));
}
constexpr auto describe(core::type_tag<gdpr_finished>) {
  return core::description<gdpr_finished>("gdpr_finished", "What was asked for is done.",
                                          core::field("certificate", &gdpr_finished::certificate));
}
constexpr auto describe(core::type_tag<gdpr_refused>) {
  return core::description<gdpr_refused>("gdpr_refused", "The request was not granted.",
                                         core::field("code", &gdpr_refused::code),
                                         core::field("message", &gdpr_refused::message));
}
constexpr auto describe(core::type_tag<gdpr_failed>) {
  return core::description<gdpr_failed>("gdpr_failed", "An attempt failed.", core::field("error", &gdpr_failed::error));
}
constexpr auto describe(core::type_tag<gdpr_overdue>) {
  return core::description<gdpr_overdue>(
      "gdpr_overdue_noticed", "The request waits too long.",
      core::field("missed", &gdpr_overdue::missed, {.doc = "longer than the law allows"}));
}
constexpr auto describe(core::type_tag<gdpr_request>) {
  using core::field;
  using r = gdpr_request;
  return core::description<r>("gdpr_request", "A request about a person's data.", field("subject", &r::subject),
                              field("kind", &r::kind), field("status", &r::status), field("attempts", &r::attempts),
                              field("requested_at", &r::requested_at), field("completed_at", &r::completed_at),
                              field("code", &r::code), field("error", &r::error), field("certificate", &r::certificate),
                              field("overdue", &r::overdue), field("missed", &r::missed));
}
constexpr auto describe(core::type_tag<request_now>) {
  using core::field;
  using r = request_now;
  return core::description<r>("request_now", "Where the request stands.", field("status", &r::status),
                              field("kind", &r::kind), field("subject", &r::subject), field("attempts", &r::attempts));
}

/// CONFLICT for an id that is in use.
core::decision decide(const gdpr_request& state, const ask& command, const core::context& ctx);
// NOT_FOUND before the request; the rest is quiet once it is done or refused, and answers request_now.
core::decision decide(const gdpr_request& state, const start& command, const core::context& ctx);
core::decision decide(const gdpr_request& state, const finish& command, const core::context& ctx);
core::decision decide(const gdpr_request& state, const refuse& command, const core::context& ctx);
core::decision decide(const gdpr_request& state, const note_failure& command, const core::context& ctx);
core::decision decide(const gdpr_request& state, const core::woken& command, const core::context& ctx);
/// NOT_FOUND while there is none.
core::decision answer(const gdpr_request& state, const read_certificate& question, const core::context& ctx);

void evolve(gdpr_request& state, const gdpr_requested& event, const core::record_meta& meta);
void evolve(gdpr_request& state, const gdpr_started& event);
void evolve(gdpr_request& state, const gdpr_finished& event, const core::record_meta& meta);
void evolve(gdpr_request& state, const gdpr_refused& event, const core::record_meta& meta);
void evolve(gdpr_request& state, const gdpr_failed& event);
void evolve(gdpr_request& state, const gdpr_overdue& event);
/// When an open request is overdue, then when its deadline is missed.
std::optional<core::timestamp> next_wake(const gdpr_request& state);

struct gdpr_request_definition {
  static constexpr std::string_view name = "gdpr_request";
  static constexpr std::string_view doc = "A request about one person's data.";
  static constexpr std::uint32_t fold_version = 1;
  using state = gdpr_request;
  using commands = core::type_list<ask, start, finish, refuse, note_failure>;
  using queries = core::type_list<read_certificate>;
  using events = core::type_list<gdpr_requested, gdpr_started, gdpr_finished, gdpr_refused, gdpr_failed, gdpr_overdue>;
};

const core::entity_type& gdpr_request_type();

}  // namespace logline::privacy
