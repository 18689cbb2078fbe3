# Compilers, warnings and sanitizers: the same for every target of ours.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(MILLRACE_TESTS "build the tests" OFF)
option(MILLRACE_FUZZ "build the libFuzzer targets (clang only)" OFF)
set(MILLRACE_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")

set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
# No -DNDEBUG: assertions stay on, see common/base/mr_assert.h.  The reference
# processor has AVX2, and so has every x86-64 server sold since 2013.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g -march=x86-64-v3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g -march=x86-64-v3")

find_program(MILLRACE_CCACHE ccache)
if(MILLRACE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${MILLRACE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MILLRACE_CCACHE})
endif()

add_library(millrace_options INTERFACE)
target_include_directories(millrace_options INTERFACE
  ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_definitions(millrace_options INTERFACE
  _GNU_SOURCE MILLRACE_VERSION="${PROJECT_VERSION}")
target_compile_options(millrace_options INTERFACE
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
  -Wall -Wextra -Wshadow -Wconversion -Wundef -Wvla -Wformat=2 -Wcast-qual
  -Wwrite-strings -Wpointer-arith -Werror
  # gcc 12 warns of variables that are set whenever MR_OK is returned.
  $<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes
  -Wold-style-definition -Werror=switch>)
if(MILLRACE_SANITIZE)
  target_compile_options(millrace_options INTERFACE
    -fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(millrace_options INTERFACE
    -fsanitize=${MILLRACE_SANITIZE})
endif()
if(MILLRACE_FUZZ)
  # Coverage of our code; the fuzz targets themselves bring the driver.
  target_compile_options(millrace_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
