set(extra common_backends_memory part::jansson m)
