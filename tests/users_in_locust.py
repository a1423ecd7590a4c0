"""Asks users of every kind; `test_users.py` knows the answers."""

import json
import socket
import sys
from typing import Any

import locust
from locust.env import Environment

from harness import clock
from harness.load.session import Session
from harness.load.wiring import Wiring
from harness.plan.behaviour import Behaviour, Hazard, Patience, Retry
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.users import StreamingUser


class Asks(StreamingUser):
    abstract = False


class Own(StreamingUser):
    abstract = False
    wait_time = locust.constant(0.25)


Asks.__module__ = Own.__module__ = "chat"


def nobody() -> str:
    """An address that refuses connections."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


def user(*phases: Phase, began_s_ago: float = 0.0, kind: type = Asks, planned: bool = True) -> Any:
    plan = Plan(name="test", provider=None, phases=list(phases))
    session = Session(plan, Wiring(url=nobody()), "", 0, True, planned)
    session.begin(clock.now() - int(began_s_ago * clock.SECOND))
    environment = Environment(user_classes=[kind])
    environment.streamproof = session
    return kind(environment)


def phase(name: str = "p", duration_s: float = 60, scenario: str = "chat", **load: Any) -> Phase:
    return Phase(name=name, duration_s=duration_s, scenario=scenario, load=Load(**{"users": 1, **load}))


def waits(made: Any, count: int = 2) -> list[float]:
    made.wait_time()  # the first is the ramp
    return [made.wait_time() for _ in range(count)]


def raised(call: Any) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001  which one is the question
        return type(error).__name__
    return ""


def rows(made: Any) -> list[dict[str, Any]]:
    return [json.loads(row) for row in made.session.outbox.parcel()["rows"]["streams"]]


def ramp() -> list[float]:
    first = user(phase(ramp_s=4.0))
    return [type(first)(first.environment).wait_time() for _ in range(200)]


def between() -> dict[str, Any]:
    made = user(phase("other", 5, "mobile"), phase("mine", 5, ramp_s=0.0))
    made.wait_time()
    made.intended_ns = None
    return {"raised": raised(made.stream), "wait_s": made.wait_time()}


def closed() -> str:
    made = user(phase())
    made.session.end()
    return raised(made.stream)


def bug() -> dict[str, Any]:
    made = user(phase())
    found = raised(lambda: made.stream("half a character: \ud83d", name="bug"))
    return {
        "raised": found, "rows": rows(made), "errors": made.session.harness_errors,
        "in_flight": made.session.in_flight,
    }  # fmt: skip


def refused() -> dict[str, Any]:
    made, events = user(phase()), []
    made.environment.events.request.add_listener(
        lambda name, exception, **_: events.append([name, repr(exception)])
    )
    record = made.stream()
    return {"events": events, "outcome": record.outcome.value}


def again() -> dict[str, Any]:
    """Refused three times; and refused once by somebody whose patience ends before the second attempt."""
    retry = Retry(attempts=3, first_s=0.01, jitter="none")
    made, events = user(behaving(Behaviour(retry=retry))), []
    made.environment.events.request.add_listener(lambda name, **_: events.append(name))
    made.stream()
    brief = Patience(wait=Hazard(calm_s=0, per_s=1e9))
    late = Retry(attempts=3, first_s=60.0, max_s=60.0, jitter="none")
    hasty = user(behaving(Behaviour(retry=late, patience=brief)))
    hasty.stream()
    return {
        "attempts": [[row["stream"], row.get("attempt", 1)] for row in rows(made)],
        "events": len(events),
        "hasty": len(rows(hasty)),
    }


def behaving(behaviour: Behaviour) -> Phase:
    return Phase(name="p", duration_s=60, load=Load(users=1), behaviour=behaviour)


def block() -> dict[str, Any]:
    made = user(phase())

    def ask() -> None:
        with made.open_stream():
            raise KeyError

    return {"raised": raised(ask), "detail": rows(made)[0]["detail"], "errors": made.session.harness_errors}


def main() -> None:
    answers = {
        "ramp": ramp(),
        "think": waits(user(phase(think_s=7.0))),
        "own_wait": waits(user(phase(think_s=7.0), kind=Own, planned=False)),
        "default_wait": waits(user(phase(), planned=False), 20),
        "between": between(),
        "after": user(phase(duration_s=1), began_s_ago=2).wait_time(),
        "closed": closed(),
        "bug": bug(),
        "refused": refused(),
        "block": block(),
        "again": again(),
    }
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main()
