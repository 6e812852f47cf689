#pragma once

#include <cstdint>
#include <memory>

#include "actors/door.hpp"
#include "adapters/http/options.hpp"
#include "domain/core/result.hpp"

namespace logline::http {

/// The HTTP/1.1 listener on loopback: turns requests into commands and reads of a door, and answers into responses.
///
///   server.start() ──▶ serving ──▶ drain() ──▶ stop()
///
/// Requests are read, judged and handed on by the server's own threads; answers may come from any thread at any time,
/// also after the server is gone (then they are dropped). The door must outlive stop() and every call the door still
/// works on.
class server {
 public:
  server(server_options options, actors::door& door, entity_catalogue types);
  ~server();  ///< stop()
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds, listens and serves; answers the port. INVALID_INPUT for an address that is not loopback, UNAVAILABLE when
  /// the operating system refuses the port. Call it once.
  core::result<std::uint16_t> start();

  /// Takes no more connections, closes idle ones after a moment and every other one after its answer (`connection:
  /// close`). Waits at most this long; answers whether all are closed. May be called from any one thread, again to wait
  /// more.
  bool drain(core::duration_us wait);

  /// Cuts what is left and ends the threads. May be called twice.
  void stop();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace logline::http
