"""When nothing passes: the outages of a journey, lengthened by TCP, merged, and ended early by cuts."""

import math

import msgspec

from harness.network.rto import silence_s
from harness.plan.network import Step


class Visit(msgspec.Struct, frozen=True):
    """A step with its drawn instants, in seconds of the phase. `end_s` may be infinite."""

    step: Step
    begin_s: float
    end_s: float


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which nothing passes, in seconds of the phase."""

    begin_s: float
    radio_s: float  # the radio is back
    until_s: float  # bytes flow again
    assumed: bool
    for_ever: bool = False
    ended_by: Visit | None = None  # the cut or refusal that did not wait for TCP


def silences(visits: list[Visit], tcp_rto: bool) -> list[Silence]:
    """The silences of a journey, ascending and apart from each other."""
    found: list[Silence] = []
    for index, visit in enumerate(visits):
        if visit.step.outage is not None and not (found and visit.begin_s < found[-1].until_s):
            found.append(_silence(visit, visits[index + 1 :], tcp_rto))
    return found


def _silence(first: Visit, later: list[Visit], tcp_rto: bool) -> Silence:
    """The silence that `first` begins.

    An outage that begins before TCP has recovered from the one before goes on with the same ladder: the
    retransmission that would have got through is lost as well. A cut or a refusal ends the silence, because
    a held path would delay it.
    """
    ladder = tcp_rto if first.step.tcp_rto is None else first.step.tcp_rto
    radio, for_ever = first.end_s, first.step.outage == "blackhole"
    for visit in later:
        if visit.begin_s > _recovery(first.begin_s, radio, ladder):
            break
        if visit.step.outage is not None:
            radio, for_ever = visit.end_s, visit.step.outage == "blackhole"
        elif visit.step.cut is not None or visit.step.refuse:
            return Silence(
                begin_s=first.begin_s,
                radio_s=min(radio, visit.begin_s),
                until_s=visit.begin_s,
                assumed=first.step.assumed,
                ended_by=visit,
            )
    return Silence(
        begin_s=first.begin_s,
        radio_s=radio,
        until_s=_recovery(first.begin_s, radio, ladder),
        assumed=first.step.assumed,
        for_ever=for_ever,
    )


def _recovery(begin_s: float, radio_s: float, ladder: bool) -> float:
    return begin_s + silence_s(radio_s - begin_s) if ladder and radio_s < math.inf else radio_s
