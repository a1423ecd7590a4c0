"""Other load tools given the same work as ours: one tool a file, found by name."""
