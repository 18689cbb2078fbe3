# mr_library(NAME LINK a b c): a static library of every .c and .cc below the
# current folder; NAME is the folder's path with "_" for "/".  It is left out
# where a part or a stage that it links is left out.
# mr_tests(): for each folder tests/unit/NAME one test program a file, linked
# with the library NAME; add LINK.cmake there for more.
function(mr_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  foreach(item IN LISTS ARG_LINK)
    if(item MATCHES "^part::|^(embedder|indexer|retriever|dataset)$"
        AND NOT TARGET ${item})
      message(STATUS "${name} is left out: it needs ${item}")
      return()
    endif()
  endforeach()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/*.c ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(NOT sources)
    message(STATUS "${name}: no sources in ${CMAKE_CURRENT_SOURCE_DIR}")
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PRIVATE millrace_options PUBLIC ${ARG_LINK})
endfunction()

# What every test is run with.  A size that cannot be allocated is ours to
# answer, not the sanitizer's; and check's own limit of 4 s a test is for
# machines that do nothing else.
set(mr_test_environment CK_DEFAULT_TIMEOUT=120
  "MILLRACE_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
  ASAN_OPTIONS=allocator_may_return_null=1
  TSAN_OPTIONS=allocator_may_return_null=1)
if(MILLRACE_SANITIZE)
  list(APPEND mr_test_environment CK_TIMEOUT_MULTIPLIER=10)
endif()

function(mr_unit_tests folder)
  get_filename_component(library ${folder} NAME)
  if(NOT TARGET ${library})
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/test_*.c)
  set(extra)
  include(${folder}/LINK.cmake OPTIONAL)
  foreach(source IN LISTS sources)
    get_filename_component(test ${source} NAME_WE)
    set(target ${library}_${test})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${test}
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${library})
    target_link_libraries(${target} PRIVATE
      millrace_options ${library} ${extra} part::check)
    add_test(NAME unit.${library}.${test} COMMAND ${target})
    set_tests_properties(unit.${library}.${test} PROPERTIES
      LABELS unit TIMEOUT 600 SKIP_RETURN_CODE 77
      ENVIRONMENT "${mr_test_environment}")
  endforeach()
endfunction()

# What the first lines of a program under tests/ say that it is linked with,
# as in "// link: common_wire common_base".
function(mr_link_line source out)
  file(STRINGS ${source} lines REGEX "^// link: " LIMIT_COUNT 1)
  string(REGEX REPLACE "^// link: *" "" libraries "${lines}")
  string(REGEX REPLACE " +" ";" libraries "${libraries}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  set(${out} ${libraries} PARENT_SCOPE)
endfunction()

# Sets `out` to whether all of the targets that follow exist.
function(mr_targets_exist out)
  set(${out} TRUE PARENT_SCOPE)
  foreach(target IN LISTS ARGN)
    if(NOT TARGET ${target})
      set(${out} FALSE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()
