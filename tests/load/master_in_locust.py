"""The master and the dispatcher with a clock, workers and a message channel of ours.

They cannot be imported without Locust, which patches the process, so they are tried in one of their own.

Prints one JSON object, a key a question; `test_master.py` and `test_dispatcher.py` know the answers.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from locust.dispatch import UsersDispatcher

from harness.clock import SECOND
from harness.load import master as module
from harness.load.dispatcher import PhaseDispatcher
from harness.load.live import LiveFile
from harness.load.master import Master
from harness.load.outbox import Outbox
from harness.load.wiring import Wiring
from harness.plan.phases import Load, Phase
from harness.plan.plan import Plan
from harness.record import StreamRecord

WALL_NS = 1_000 * SECOND  # how far the wall clock is ahead of the other


class Over(Exception):
    """The script has no more sleeps."""


class Time:
    """A clock that only moves when somebody sleeps, and then does what the script says for that moment."""

    SECOND = SECOND

    def __init__(self) -> None:
        self.now_ns = 50 * SECOND
        self.script: list[Callable[[], None]] = []
        self.slept_s = 0.0
        self.endless = False

    def now(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns + WALL_NS

    def wall_minus_monotonic(self) -> int:
        return WALL_NS

    def sleep(self, seconds: float) -> None:
        if not self.script and not self.endless:
            raise Over
        self.now_ns += int(seconds * SECOND)
        self.slept_s += seconds
        if self.script:
            self.script.pop(0)()


class Hook:
    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def add_listener(self, listener: Any) -> None:
        self.listeners.append(listener)


class Clients:
    """Locust's view of the workers."""

    def __init__(self, names: list[str]) -> None:
        self.all = [SimpleNamespace(id=name, state="ready") for name in names]

    @property
    def ready(self) -> list[SimpleNamespace]:
        return [client for client in self.all if client.state == "ready"]


class Load2:
    """A master with two workers, `w1` and `w2`, whose processes call themselves load-1 and load-2."""

    def __init__(self, root: str, planned: bool = True) -> None:
        self.time = Time()
        module.clock = self.time  # type: ignore[assignment]
        module.gevent = SimpleNamespace(sleep=self.time.sleep, spawn=self._spawn)
        self.sent: list[list[Any]] = []
        self.clients = Clients(["w1", "w2"])
        runner = SimpleNamespace(
            clients=self.clients,
            user_count=4,
            register_message=lambda name, listener: None,
            send_message=lambda name, data: self.sent.append([name, data]),
        )
        hooks = ("test_start", "worker_report", "test_stopping", "test_stop", "quitting")
        self.environment = SimpleNamespace(
            events=SimpleNamespace(**{name: Hook() for name in hooks}),
            parsed_options=SimpleNamespace(),
            shape_class=None,
            stop_timeout=7,
            process_exit_code=None,
        )
        plan = Plan(
            name="p",
            provider=None,
            drain_s=3.0,
            phases=[Phase(name="steady", duration_s=10, load=Load(users=4))],
        )
        self.root = Path(root)
        self.master = Master(self.environment, runner, plan, Wiring(url="http://x", folder=root), planned)
        self.outboxes = {name: Outbox(None, name, ships=True) for name in ("load-1", "load-2")}
        self.tick: Callable[[], None] = lambda: None

    def _spawn(self, tick: Callable[[], None]) -> Any:
        self.tick = tick
        return SimpleNamespace(kill=lambda: None)

    def report(self, number: int, rows: int = 0, **told: Any) -> None:
        process = f"load-{number}"
        outbox = self.outboxes[process]
        for stream in range(rows):
            outbox.put("streams", StreamRecord(stream=stream, intended_ns=0))
        parcel = {
            "process": process,
            "in_flight": 1,
            "outcomes": {},
            "ttft_ms": [],
            "tokens": 0,
            "errors": [],
        }
        self.master.on_report(f"w{number}", {"streamproof": {**parcel, **outbox.parcel(), **told}})

    def drained(self, number: int) -> None:
        made = self.outboxes[f"load-{number}"].made
        self.master.on_drained(SimpleNamespace(node_id=f"w{number}", data={"made": made}))

    def lose(self, number: int) -> None:
        self.clients.all[number - 1].state = "missing"

    def run(self, *seconds: Callable[[], None]) -> None:
        """What happens in each second while the load runs."""
        self.time.script = list(seconds)
        try:
            self.tick()
        except Over:
            return

    def lines(self) -> list[list[Any]]:
        found = LiveFile(self.root / "parts" / "live.jsonl").new_lines()
        return [[line.event, line.t_ns / SECOND, line.text] for line in found if line.event != "tick"]


def nothing() -> None:
    """A second in which nothing happens."""


def start(root: str) -> dict[str, Any]:
    load = Load2(root)
    load.clients.all.append(SimpleNamespace(id="w0", state="spawning"))  # came too late for this test
    load.master.on_start()
    options = load.environment.parsed_options
    return {
        "start_wall_s": options.sp_start_wall_ns / SECOND,
        "shards": options.sp_shards,
        "lines": load.lines(),
    }


def progress(root: str) -> list[dict[str, Any]]:
    """The live lines of two seconds: both workers report, then one."""
    load = Load2(root)
    load.master.on_start()

    def first() -> None:
        load.report(1, rows=2, outcomes={"completed": 2}, ttft_ms=[10.0, 20.0], tokens=30)
        load.report(2, rows=1, outcomes={"refused": 1}, tokens=4)
        load.master.on_report("w3", {"stats": {}})  # Locust's own, without a parcel of ours

    load.run(first, lambda: load.report(1, rows=1, outcomes={"completed": 3}, ttft_ms=[30.0], tokens=45))
    found = LiveFile(load.root / "parts" / "live.jsonl").new_lines()[1:]
    names = ("users", "in_flight", "finished", "outcomes", "ttft_ms", "rows", "tokens")
    return [{name: getattr(line, name) for name in names} for line in found]


def whole(root: str) -> dict[str, Any]:
    """A run that ends as planned: both workers hand over what they made."""
    load = Load2(root)
    load.master.on_start()
    load.run(*[nothing] * 13)

    def answer() -> None:
        for number in (1, 2):
            load.report(number, rows=number)
            load.drained(number)

    load.time.script = [nothing, answer]
    load.time.slept_s = 0.0
    load.master.on_stopping()
    load.master.on_stop()
    load.master.on_quitting()  # has nothing left to say
    return {
        "lines": load.lines(),
        "sent": load.sent,
        "waited_s": round(load.time.slept_s, 3),
        "exit_code": load.environment.process_exit_code,
    }


def cut_short(root: str, planned: bool) -> dict[str, Any]:
    """Stopped in the middle of its only phase; one worker never answers."""
    load = Load2(root, planned)
    load.master.on_start()
    load.run(*[nothing] * 4)
    load.report(1)
    load.drained(1)
    load.time.endless, load.time.slept_s = True, 0.0
    load.master.on_stopping()
    waited_s = load.time.slept_s
    load.master.on_stop()
    return {"lines": load.lines(), "sent": load.sent, "waited_s": round(waited_s, 3)}


def told_again(root: str) -> dict[str, Any]:
    """Told to stop while streams may still finish; the workers cut them."""
    load = Load2(root)
    load.master.on_start()
    load.run(*[nothing] * 13)

    def cut() -> None:
        for number in (1, 2):
            load.report(number)
            load.drained(number)

    load.time.script = [nothing, lambda: load.master.on_stopping(), cut]
    load.time.slept_s = 0.0
    load.master.on_stopping()
    return {"sent": load.sent, "waited_s": round(load.time.slept_s, 3)}


def deserters(root: str) -> list[list[Any]]:
    """A worker that somebody stopped in the fifth second has handed over all that it had."""
    load = Load2(root)
    load.master.on_start()
    load.report(1, rows=1)
    load.report(2, rows=1)
    load.run(*[nothing] * 5, lambda: load.drained(2), *[nothing] * 7)
    load.time.script = [lambda: load.drained(1)]
    load.master.on_stopping()
    load.master.on_stop()
    return load.lines()


def losses(root: str) -> list[list[Any]]:
    """A worker that dies in the second second, after it has said who it is."""
    load = Load2(root)
    load.master.on_start()
    load.run(lambda: load.report(2), lambda: load.lose(2), nothing, nothing)
    return load.lines()


def missing_rows(root: str) -> list[list[Any]]:
    """Of three reports of a worker the second never came."""
    load = Load2(root)
    load.master.on_start()
    load.report(1, rows=1)
    outbox = load.outboxes["load-1"]
    outbox.put("streams", StreamRecord(stream=9, intended_ns=0))
    outbox.parcel()
    load.report(1, rows=1)
    load.drained(1)
    load.drained(2)
    load.master.on_stopping()
    load.master.on_stop()
    return load.lines()


def errors(root: str) -> list[list[Any]]:
    """Each error of each worker once, though workers repeat all of theirs in each report."""
    load = Load2(root)
    load.master.on_start()
    load.run(
        lambda: load.report(1, errors=["boom"]),
        lambda: load.report(1, errors=["boom", "bang"]),
        lambda: load.report(2, errors=["boom"]),
    )
    return load.lines()


def unstarted(root: str) -> dict[str, Any]:
    """Told to stop before anything began: nothing to wait for, nothing to say."""
    load = Load2(root)
    load.master.on_stopping()
    load.master.on_quitting()
    return {"sent": load.sent, "lines": load.lines()}


def user(name: str, weight: int = 1) -> type:
    return type(name, (), {"weight": weight, "fixed_count": 0})


def dispatched(kind: type[UsersDispatcher]) -> list[dict[str, dict[str, int]]]:
    """Users on each of two workers: 4 chat, then 4 others, then 6 of those, then nobody, then chat again."""
    chat, phone = user("Chat"), user("Phone")
    nodes: Any = [SimpleNamespace(id="a_1"), SimpleNamespace(id="b_1")]
    dispatcher = kind(nodes, [chat, phone])  # type: ignore[list-item]
    found = []
    for count, classes in ((4, [chat]), (4, [phone]), (6, [phone]), (0, [phone]), (2, [chat])):
        dispatcher.new_dispatch(count, 10.0, classes)  # type: ignore[arg-type]
        steps = list(dispatcher)
        found.append(steps[-1])
    return found


if __name__ == "__main__":
    answers: dict[str, Any] = {}
    for name, question in (
        ("start", start),
        ("progress", progress),
        ("whole", whole),
        ("cut_short", lambda root: cut_short(root, planned=True)),
        ("stopped_by_hand", lambda root: cut_short(root, planned=False)),
        ("told_again", told_again),
        ("deserters", deserters),
        ("losses", losses),
        ("missing_rows", missing_rows),
        ("errors", errors),
        ("unstarted", unstarted),
    ):
        with tempfile.TemporaryDirectory() as folder:
            answers[name] = question(folder)
    answers["dispatched"] = {"ours": dispatched(PhaseDispatcher), "locusts": dispatched(UsersDispatcher)}
    sys.stdout.write(json.dumps(answers))
