"""`streamproof doctor`: may this machine measure, and how much. The known-answer test and what it needs."""
