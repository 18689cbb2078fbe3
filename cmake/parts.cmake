# Where each dependency comes from, as an imported target part::NAME.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(mr_pkg name)
  pkg_check_modules(PART_${name} REQUIRED IMPORTED_TARGET ${ARGN})
  add_library(part::${name} INTERFACE IMPORTED)
  target_link_libraries(part::${name} INTERFACE PkgConfig::PART_${name})
endfunction()

mr_pkg(protobuf_c libprotobuf-c)
mr_pkg(curl libcurl)
mr_pkg(microhttpd libmicrohttpd)
mr_pkg(gnutls gnutls)
mr_pkg(yaml yaml-0.1)
mr_pkg(jansson jansson)
mr_pkg(xxhash libxxhash)
mr_pkg(zstd libzstd)
mr_pkg(zlib zlib)
if(MILLRACE_TESTS)
  mr_pkg(check check)
endif()

# Debian ships no pkg-config file for these.
function(mr_plain name header library)
  find_path(PART_${name}_INCLUDE ${header} REQUIRED)
  find_library(PART_${name}_LIBRARY ${library} REQUIRED)
  add_library(part::${name} INTERFACE IMPORTED)
  target_include_directories(part::${name} INTERFACE ${PART_${name}_INCLUDE})
  target_link_libraries(part::${name} INTERFACE ${PART_${name}_LIBRARY})
endfunction()

mr_plain(rocksdb rocksdb/c.h rocksdb)
mr_plain(stemmer libstemmer.h stemmer)
mr_plain(unistring uninorm.h unistring)
mr_plain(roaring roaring/roaring.h roaring)
mr_plain(cld2 cld2/public/compact_lang_det.h cld2)

# What deploy/deps has built: it says where.  Without FAISS or the model (the
# thread sanitizer misreads OpenMP and TBB) the targets are missing, and
# libraries that need them are left out; see mr_library().
option(MILLRACE_FAISS "search vectors with FAISS" ON)
option(MILLRACE_MODEL "embed with OpenVINO" ON)

set(deps ${CMAKE_SOURCE_DIR}/deploy/deps)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${deps}
  ${CMAKE_SOURCE_DIR}/deploy/deps.d/parts.txt)
execute_process(COMMAND ${deps} --paths OUTPUT_VARIABLE built
  COMMAND_ERROR_IS_FATAL ANY)

# Sets PART_NAME to the folder of a part.
function(mr_part name)
  if(NOT "${built}" MATCHES "(^|\n)${name} ([^\n]+)")
    message(FATAL_ERROR "${name} is not built: run deploy/deps (some 6 minutes "
      "the first time)")
  endif()
  set(PART_${name} ${CMAKE_MATCH_2} PARENT_SCOPE)
endfunction()

if(MILLRACE_FAISS)
  mr_part(faiss)
  find_library(PART_openblas openblas REQUIRED)
  add_library(part::faiss INTERFACE IMPORTED)
  target_include_directories(part::faiss INTERFACE ${PART_faiss}/include)
  target_link_libraries(part::faiss INTERFACE
    ${PART_faiss}/lib/libfaiss_c_avx2.a ${PART_faiss}/lib/libfaiss_avx2.a
    gomp ${PART_openblas} stdc++ m)
  # Its headers want the omp.h of the OpenMP that it was built with, gcc's,
  # which clang reads but for an attribute.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    execute_process(COMMAND gcc -print-file-name=include/omp.h
      OUTPUT_VARIABLE omp_h OUTPUT_STRIP_TRAILING_WHITESPACE)
    file(READ ${omp_h} text)
    string(REPLACE "__malloc__ (omp_free)" "__malloc__" text "${text}")
    file(WRITE ${CMAKE_BINARY_DIR}/parts/omp.h "${text}")
    target_include_directories(part::faiss INTERFACE ${CMAKE_BINARY_DIR}/parts)
  endif()
  # Its inline functions must be those that the library was built with.
  target_compile_options(part::faiss INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-mavx2 -mfma -mf16c -mpopcnt>)
endif()

if(MILLRACE_MODEL)
  mr_part(openvino)
  mr_part(minilm)
  add_library(part::openvino SHARED IMPORTED)
  set_target_properties(part::openvino PROPERTIES
    IMPORTED_LOCATION ${PART_openvino}/lib/libopenvino_c.so.2641
    INTERFACE_INCLUDE_DIRECTORIES ${PART_openvino}/include)
  # Where a binary in the build tree finds the model; an installed one looks
  # in ../share/millrace/minilm beside itself first.
  add_library(part::minilm INTERFACE IMPORTED)
  target_compile_definitions(part::minilm INTERFACE
    MILLRACE_MODEL_DIR_DEFAULT="${PART_minilm}")
endif()

mr_part(lexbor)
add_library(part::lexbor INTERFACE IMPORTED)
target_include_directories(part::lexbor INTERFACE ${PART_lexbor}/include)
target_compile_definitions(part::lexbor INTERFACE LEXBOR_STATIC)
target_link_libraries(part::lexbor INTERFACE
  ${PART_lexbor}/lib/liblexbor_static.a m)

# Static; what it needs of Debian's is named after it.
mr_part(rdkafka)
mr_pkg(lz4 liblz4)
mr_pkg(openssl openssl)
add_library(part::rdkafka INTERFACE IMPORTED)
target_include_directories(part::rdkafka INTERFACE ${PART_rdkafka}/include)
target_link_libraries(part::rdkafka INTERFACE
  ${PART_rdkafka}/lib/librdkafka.a part::openssl part::zlib part::zstd
  part::lz4 Threads::Threads m ${CMAKE_DL_LIBS})
