"""How many processes may share one part's work."""

MOST_WORKERS = 256  # beyond any machine that one of us would use alone; a slip of a digit takes all memory


def workers_refused(count: int, name: str = "workers") -> str:
    """What is wrong with so many; "" if nothing is."""
    if 1 <= count <= MOST_WORKERS:
        return ""
    return f"{name} must be at least 1 and at most {MOST_WORKERS}, a process each, not {count}"
