# What every target is compiled with: language, warnings, optimisation, sanitizers.

option(LOOM_WERROR "Treat warnings as errors" OFF)
set(LOOM_SANITIZER "" CACHE STRING "What -fsanitize= gets: address,undefined | undefined | thread | nothing")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or None" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the static libraries also go into the Python module
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)    # for clang-tidy

# -O2 rather than CMake's -O3: it compiles faster; a folder whose loops need more says so itself.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g")

add_compile_options(-Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${LOOM_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps and overruns inside std::string's operator+ that are not there (GCC bug 105651).
  add_compile_options(-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow)
endif()
# The same bytes on every CPU: a product is rounded before it is added, also where the CPU could fuse the two.
add_compile_options(-ffp-contract=off)

if(LOOM_SANITIZER)
  # The sources get the same text, for what they compile at run time and for the sanitizers' fiber hooks.
  add_compile_definitions(LOOM_SANITIZER="${LOOM_SANITIZER}")
  add_compile_options(-fsanitize=${LOOM_SANITIZER} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${LOOM_SANITIZER})
endif()

# Whether loom_engine (cmake/library.cmake) is optimised across files; the way it does that is GCC's.
option(LOOM_IPO "Optimise the engine across its files, in release builds by g++" ON)
if(LOOM_IPO)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT LOOM_IPO LANGUAGES CXX OUTPUT ipo_output)
endif()
if(LOOM_SANITIZER OR NOT CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(LOOM_IPO OFF)
endif()
