set(extra common_backends_memory)
if(TARGET common_backends_system)
  list(APPEND extra common_backends_system)
endif()
