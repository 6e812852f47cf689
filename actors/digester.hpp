#pragma once

#include <deque>
#include <map>
#include <memory>

#include "actors/inbox.hpp"
#include "actors/protocol.hpp"

namespace logline::actors {

/// Walks the directory in address order and asks every entity's host for its state hash, a window at a time.
struct digester_state {
  static inline const char* name = "digester";

  struct seen {
    core::address entity;
    core::result<entity_view> view;
  };

  digester_actor::pointer self = nullptr;
  journal::partition_log* log = nullptr;
  door* entrance = nullptr;
  timekeeper_actor timekeeper;

  std::deque<digest_message> requests;
  std::shared_ptr<inbox<seen>> arrived;
  core::gseq position;                     ///< of the head when the walk began
  std::unique_ptr<digest_builder> digest;  ///< null when no walk is under way
  std::map<core::address, entity_view> page;
  std::size_t page_size = 0;
  std::string last_address;

  void enqueue(const digest_message& request);
  void proceed();
  void collect();

 private:
  void ask_next_page();
  void finish(core::result<state_digest> answer);
};

digester_actor::behavior_type digester(digester_actor::stateful_pointer<digester_state> self,
                                       journal::partition_log* log, door* entrance, timekeeper_actor timekeeper);

}  // namespace logline::actors
