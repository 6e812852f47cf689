find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(fmt REQUIRED)
find_package(RocksDB REQUIRED)
find_package(simdjson REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# Debian's CAF and msgpack-c packages ship no usable CMake files.
find_path(CAF_INCLUDE caf/actor_system.hpp REQUIRED)
find_library(CAF_CORE caf_core REQUIRED)
add_library(CAF::core UNKNOWN IMPORTED)
set_target_properties(CAF::core PROPERTIES
  IMPORTED_LOCATION ${CAF_CORE}
  INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE}
  INTERFACE_COMPILE_DEFINITIONS CAF_ENABLE_TYPE_ID_CHECKS)

find_path(MSGPACK_INCLUDE msgpack.hpp REQUIRED)
add_library(Msgpack::msgpack INTERFACE IMPORTED)
set_target_properties(Msgpack::msgpack PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${MSGPACK_INCLUDE})
