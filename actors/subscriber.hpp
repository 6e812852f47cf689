#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "actors/inbox.hpp"
#include "actors/pull_desk.hpp"
#include "actors/reactor.hpp"
#include "actors/subscription_reader.hpp"

namespace logline::actors {

/// Serves pulls of durable subscriptions: reads the log behind each cursor, hands what the filter lets through to the
/// subscription with the pull, and answers with the records that it gives out. A pull that brings nothing waits for the
/// log to grow. One command at a time for each subscription; what is known of one is a cache, and the entity decides.
struct subscriber_state {
  static inline const char* name = "subscriber";

  struct waiting_pull {
    pull_desk::order order;
    core::timestamp deadline;  ///< ticking
    bool was_tried = false;
  };
  /// What is known of a subscription that somebody pulls from.
  struct subject {
    std::optional<messaging::reading_plan> plan;
    core::gseq cursor;                   ///< as the entity has it; or where its plan begins
    core::gseq clear;                    ///< between cursor and here is nothing for it
    bool is_at_head = false;             ///< clear is the head as it was last seen
    bool is_full = false;                ///< it takes nothing more for now
    bool has_news = false;               ///< worth asking again
    bool is_busy = false;                ///< a command is under way
    core::timestamp next = core::never;  ///< ticking: when one that was given back may go out again
    std::size_t offered = 0;             ///< events handed in with the command under way
    std::deque<waiting_pull> pulls;
  };
  struct arrived {
    core::address subscription;
    core::result<command_reply> answer;
  };

  follower_actor::pointer self = nullptr;
  follower_services services;
  std::shared_ptr<pull_desk> desk;
  std::uint64_t place_at_desk = 0;
  follower_bell bell;
  std::shared_ptr<inbox<arrived>> answers = std::make_shared<inbox<arrived>>();
  std::map<core::address, subject> subjects;
  std::size_t waiting = 0;

  ~subscriber_state();
  void collect();
  void grown();
  void go_on();
  void pass_time();

 private:
  void serve(const core::address& address, subject& s);
  bool read_on(const core::address& address, subject& s, found_events& found);
  void ask(const core::address& address, subject& s, found_events found);
  void answered(const core::address& address, subject& s, const core::result<command_reply>& answer);
  core::outcome learn(const core::address& address, subject& s, messaging::pulled_events& said);
  void deliver(subject& s, const messaging::pulled_events& said);
  void finish(subject& s, core::result<pulled> with);
  void forget_idle();
  void set_alarm();
};

follower_actor::behavior_type subscriber(follower_actor::stateful_pointer<subscriber_state> self,
                                         follower_services services, std::shared_ptr<pull_desk> desk);

}  // namespace logline::actors
