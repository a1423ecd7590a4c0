"""Is the candidate worse than the baseline? Paired blocks, and what two stored runs can still tell."""
