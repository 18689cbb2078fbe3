set(extra common_backends_memory) # its virtual clock
