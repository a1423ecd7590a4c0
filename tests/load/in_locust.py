"""Parts that cannot be imported without Locust, which patches the process: tried in one of their own.

Prints one JSON object, a key a question; `test_in_locust.py` knows the answers.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

import gevent
import locust.argument_parser

from harness import clock
from harness.load.open_loop import OpenLoop
from harness.load.phase_clock import PhaseClock
from harness.load.session import Session
from harness.load.shape import PlanShape
from harness.load.wiring import Wiring
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.users import StreamingUser


def user_class(name: str, module: str, **members: Any) -> type:
    return type(name, (StreamingUser,), {"__module__": module, "abstract": False, **members})


def plan(*phases: Phase) -> Plan:
    return Plan(name="test", provider=None, phases=list(phases))


def shape() -> list[Any]:
    """(users, rate, classes) at 0.5, 1.5, 2.5 s and after the end of three phases of one second."""
    chat, phone = user_class("Chat", "chat"), user_class("Phone", "mobile")
    made = PlanShape(
        plan(
            Phase(name="a", duration_s=1, load=Load(users=30)),
            Phase(name="b", duration_s=1, load=Load(rate=5.0)),
            Phase(name="c", duration_s=1, load=Load(users=4), scenario="mobile"),
        ),
        [chat, phone],
    )
    found = [made.tick()]
    for offset_s in (-1.0, 0.5, 1.5, 2.5, 3.5):
        made.phases = PhaseClock(made._plan.phases, clock.now() - int(offset_s * clock.SECOND))
        found.append(made.tick())
    return [None if step is None else [step[0], step[1], [cls.__name__ for cls in step[2]]] for step in found]


def arrivals_of(shard: int, shards: int) -> list[list[Any]]:
    two = [user_class("Chat", "chat", weight=3), user_class("Other", "chat", weight=1)]
    session = Session(
        plan(Phase(name="p", duration_s=10, load=Load(rate=20.0))), Wiring(url="http://x"), "", shard, True
    )
    session.phases = PhaseClock(session.plan.phases, 0)
    loop = OpenLoop(SimpleNamespace(user_classes=two), session, shard, shards)
    return [[arrival.due_ns, arrival.user_class.__name__] for arrival in loop._all()]


def shards() -> dict[str, Any]:
    return {"one": arrivals_of(0, 1), "three": [arrivals_of(shard, 3) for shard in range(3)]}


def missed() -> list[Any]:
    """Arrivals that were due when the run was stopped, and could not begin: a busy process."""
    session = Session(
        plan(Phase(name="p", duration_s=10, load=Load(rate=10.0, arrivals="constant"))),
        Wiring(url="http://127.0.0.1:9"), "", 0, True,
    )  # fmt: skip
    session.phases = PhaseClock(session.plan.phases, clock.now() - clock.SECOND)
    loop = OpenLoop(SimpleNamespace(user_classes=[user_class("Chat", "chat")]), session, 0, 1)
    loop.start()
    loop.stop(0)  # before the driver has had a turn
    rows = [json.loads(row) for row in session.outbox.parcel()["rows"]["streams"]]  # type: ignore[index]
    return [[row["outcome"], row["detail"], row["error"]] for row in rows]


def no_class() -> list[str]:
    session = Session(plan(Phase(name="p", duration_s=1, load=Load(rate=1.0))), Wiring(url=""), "", 0, True)
    session.phases = PhaseClock(session.plan.phases, clock.now())
    loop = OpenLoop(SimpleNamespace(user_classes=[]), session, 0, 1)
    loop.start()
    gevent.sleep(0.01)
    loop.stop(0)
    return session.harness_errors


if __name__ == "__main__":
    options = locust.argument_parser.default_args_dict
    answers: dict[str, Any] = {"parsed_once": options() is options()}
    answers |= {"shape": shape(), "shards": shards(), "missed": missed(), "no_class": no_class()}
    sys.stdout.write(json.dumps(answers))
