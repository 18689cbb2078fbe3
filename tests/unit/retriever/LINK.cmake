set(extra common_backends_memory)
