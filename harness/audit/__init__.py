"""`streamproof audit`: asks a system the checks' questions, and says which promises it keeps.

What is asked and how it is judged stands in `harness.checks.audit`, without I/O; here are the sockets, the
mock provider's admin API, the order of events, and the scorecard.
"""
