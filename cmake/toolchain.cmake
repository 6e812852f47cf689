# One INTERFACE target carries everything that every binary of the product must agree on.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# Dev: quick to build, quick enough to run a thousand simulations, with line numbers in stack traces.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(logline_flags INTERFACE)
target_include_directories(logline_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(logline_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Werror=switch -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wconversion
  -Wno-sign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these in its own <string> and <regex> at -O2 (gcc bugs 105329, 105651, 105562).
  target_compile_options(logline_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(logline_flags INTERFACE -fuse-ld=mold)
endif()

if(LOGLINE_SANITIZE)
  # -fno-sanitize=null: CAF 0.17.6 binds null references for every argument-less spawn (init_fun_factory.hpp).
  target_compile_options(logline_flags INTERFACE
    -fsanitize=${LOGLINE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-sanitize=null)
  if(LOGLINE_SANITIZE STREQUAL "thread")
    target_compile_options(logline_flags INTERFACE -Wno-tsan)  # Boost.Asio uses fences, which it cannot follow
  endif()
  target_link_options(logline_flags INTERFACE -fsanitize=${LOGLINE_SANITIZE})
endif()
