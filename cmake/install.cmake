# cmake --install build/release --prefix X: X/bin/millrace with its libraries
# in X/lib/millrace and its model in X/share/millrace/minilm, found by paths
# relative to the binary, so X can be moved.
if(NOT TARGET millrace)
  return()
endif()

set(share ${CMAKE_INSTALL_DATADIR}/millrace)
set_target_properties(millrace PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}
  INSTALL_RPATH "$ORIGIN/../lib/millrace")
# RPATH and not RUNPATH: it also holds for what the libraries there need, which
# say nothing of paths themselves (deploy/pack puts Debian's there).
target_link_options(millrace PRIVATE LINKER:--disable-new-dtags)
install(TARGETS millrace RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES LICENSE README.md DESTINATION ${share})
if(MILLRACE_MODEL)
  install(DIRECTORY ${PART_openvino}/lib/ DESTINATION lib/millrace)
  install(DIRECTORY ${PART_minilm}/ DESTINATION ${share}/minilm
    PATTERN licences EXCLUDE)
endif()
foreach(part IN ITEMS faiss openvino minilm lexbor rdkafka)
  if(PART_${part})
    install(DIRECTORY ${PART_${part}}/licences/
      DESTINATION ${share}/licences/${part})
  endif()
endforeach()
