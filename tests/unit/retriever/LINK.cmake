set(extra ingestor common_backends_memory)
