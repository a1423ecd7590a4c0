"""What streaming costs and gains: the same answers streamed and in one piece, through our gateway.

`python -m bench.overhead --json`: for each kind of work in scenarios/overhead.yaml, so many users at once ask
for a streamed answer and then, with the same draws, for a whole one. Times are medians from the request's
last byte: `first_ms` to the first text, `last_ms` to the end, `read_ms` until somebody who reads 5.3 tokens a
second has read it all. `wire_bytes` are all bytes of the answer, head and framing included; `cpu_ms` is what
gateway and provider together spent on one answer; `open_s` how long its connection was held.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness import dialects
from harness.answer import mark, token
from harness.dialects import generic
from harness.dialects.dialect import Ask, Reply
from harness.dialects.events import Usage
from harness.metrics.reader import SPEED
from harness.plan.plan import Plan
from harness.plan.reader import load_plan
from harness.preflight import SCENARIOS
from harness.stack.stack import Stack

WHOLE = "/api/chat"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Seen:
    """One answer as its user got it; seconds from the request's last byte."""

    first_s: float
    last_s: float
    tokens: int
    wire_bytes: int

    @property
    def read_s(self) -> float:
        """When a reader is through, who begins with the first text and waits for the rest where it must."""
        return max(self.last_s, self.first_s + self.tokens / SPEED)


async def ask(address: tuple[str, int], number: int, model: str, streamed: bool) -> Seen:
    """One question on a connection of its own."""
    request = generic.DIALECT.request(
        Ask(prompt=f"{mark(number)} Tell me about rivers.", model=model),
        generic.DIALECT.path if streamed else WHOLE,
    )
    reader, writer = await asyncio.open_connection(*address)
    head = [f"{request.method} {request.path} HTTP/1.1", f"host: {address[0]}", "connection: close"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    head += [f"content-length: {len(request.body)}", "", ""]
    writer.write("\r\n".join(head).encode() + request.body)
    await writer.drain()
    sent = time.perf_counter()
    first, received = None, b""
    while data := await reader.read(65536):
        received += data
        if first is None and b'"content"' in received:
            first = time.perf_counter() - sent
    last = time.perf_counter() - sent
    writer.close()
    if b" 200 " not in received.split(b"\r\n", 1)[0] or first is None:
        raise SystemExit(f"no answer to stream {number}: {received[:200]!r}")
    return Seen(first, last, received.count(f"[{number:06d}:".encode()), len(received))


def measure(users: int, works: list[str] | None = None) -> dict[str, dict[str, dict[str, float]]]:
    """Work -> streamed or whole -> figures."""
    plan = load_plan(SCENARIOS / "overhead.yaml")
    figures: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(plan, Path(folder))
        try:
            stack.start(lambda _: None)
            for place, (work, model) in enumerate(_works(plan)):
                if works is None or work in works:
                    figures[work] = _both(stack, place * 10_000 + 1, model, users)
        finally:
            stack.stop()
    return figures


def _works(plan: Plan) -> list[tuple[str, str]]:
    return [(phase.name, phase.model or plan.target.model or "") for phase in plan.phases]


def _both(stack: Stack, first: int, model: str, users: int) -> dict[str, dict[str, float]]:
    found = {}
    for shift, (name, streamed) in enumerate((("streamed", True), ("whole", False))):
        # The same draws for stream k of either kind, whatever its number.
        numbers = range(first + shift * users, first + (shift + 1) * users)
        found[name] = _one(stack, list(numbers), f"{model}+pace={first}:{users}", streamed)
    return found


def _one(stack: Stack, numbers: list[int], model: str, streamed: bool) -> dict[str, float]:
    url = urlsplit(stack.url)
    address = (url.hostname or "", url.port or 80)

    async def all_at_once() -> list[Seen]:
        return await asyncio.gather(*(ask(address, number, model, streamed) for number in numbers))

    before = _cpu_s(stack)
    seen = asyncio.run(all_at_once())
    cpu_s = _cpu_s(stack) - before
    return {
        "first_ms": round(1000 * statistics.median(one.first_s for one in seen), 1),
        "last_ms": round(1000 * statistics.median(one.last_s for one in seen), 1),
        "read_ms": round(1000 * statistics.median(one.read_s for one in seen), 1),
        "tokens": statistics.mean(one.tokens for one in seen),
        "wire_bytes": round(statistics.mean(one.wire_bytes for one in seen)),
        "cpu_ms": round(1000 * cpu_s / len(seen), 2),
        "open_s": round(statistics.mean(one.last_s for one in seen), 3),
    }


def _cpu_s(stack: Stack) -> float:
    """User and system time of the stack's processes (Linux)."""
    fields = [Path(f"/proc/{part.pid}/stat").read_text().rpartition(")")[2].split() for part in stack.parts]
    return sum(int(row[11]) + int(row[12]) for row in fields) * _TICK_S


def accumulated_bytes(tokens: int) -> dict[str, int]:
    """Bytes of one answer of so many tokens, each event with the new text or with all of it so far."""
    sizes = {}
    for name in ("generic", "generic_accumulated"):
        encoder = dialects.load(name).encoder(Reply(id="x", model="m", created_s=0))
        body = encoder.start() + b"".join(encoder.text(token(7, 1, n)) for n in range(tokens))
        sizes[name] = len(body + encoder.finish("stop", Usage(10, tokens)))
    return sizes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--users", type=int, default=20, help="at once (default: 20)")
    arguments = parser.parse_args()
    figures = measure(arguments.users)
    sizes = {tokens: accumulated_bytes(tokens) for tokens in (100, 400, 1600)}
    if arguments.json:
        print(json.dumps({"work": figures, "bytes_by_tokens": sizes}))
        return 0
    for work, kinds in figures.items():
        for kind, values in kinds.items():
            told = "  ".join(f"{name} {value:g}" for name, value in values.items())
            print(f"{work:<11} {kind:<9} {told}")
    for tokens, by in sizes.items():
        print(f"{tokens} tokens: " + ", ".join(f"{name} {size:,} bytes" for name, size in by.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
