"""Records -> numbers, one metric a file. Pure."""
