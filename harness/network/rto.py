"""How long TCP stays silent after a radio outage.

TCP does not resume when the radio is back but at its next retransmission, and these double their distance.
A user-space proxy resumes at once, so the difference has to be added to every outage.
"""

FIRST_S = 0.2  # RTO of a connection whose round trip is near 0, Linux's minimum
LONGEST_S = 120.0  # a single step is never longer
GIVES_UP_S = 924.6  # then the kernel closes the connection
SLACK = 1.05  # a retransmission still needs its round trip


def retransmissions() -> list[float]:
    """Seconds from the first loss to each retransmission, until the connection is given up."""
    instants, step, at = [], FIRST_S, FIRST_S
    while at <= GIVES_UP_S + 1e-6:
        instants.append(round(at, 6))
        step = min(step * 2, LONGEST_S)
        at += step
    return instants


def silence_s(outage_s: float) -> float:
    """How long nothing gets through when the radio is away for `outage_s`."""
    if outage_s <= 0:
        return 0.0
    later = [instant for instant in retransmissions() if instant >= outage_s]
    return (later[0] if later else outage_s) * SLACK
