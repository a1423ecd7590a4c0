"""Quotas of the mock provider under pressure: what is let in beside what is allowed, and who obeys.

    python -m bench.mock --quota [--seconds 60] [--json]

Many connections ask for more than a key may have and ignore every refusal, once against a quota of requests
and once against one of tokens. What they got is divided by what the bucket held and earned in that time, by
the clock of the provider's own ledger. Beside them, one client a kind of header asks on a key of its own as
fast as it may, and waits as it is told.
"""

import asyncio
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.mock_server import running
from harness.record import LedgerRow, read_parts
from mock_provider.attempt import key_digest

RPM, TPM, BURST_S = 1200, 60_000, 3.0
ANSWER = 20  # tokens, as many as are reserved, so that nothing is refunded
CONFIG = f"""
models:
  requests: {{ttft_ms: 1, itl_ms: 0, output_tokens: {ANSWER}, quota: {{rpm: {RPM}, burst_s: {BURST_S}}}}}
  tokens: {{ttft_ms: 1, itl_ms: 0, output_tokens: {ANSWER}, quota: {{tpm: {TPM}, burst_s: {BURST_S}}}}}
"""
PRESSING, EVERY_S = 8, 0.03  # connections for each quota, and how often each of them asks
TOLERANCE = 0.02


@dataclass
class Obedient:
    """A client that waits as it was told, and then asks again."""

    header: str
    unit_s: float
    refusals: int = 0
    accepted: int = 0
    twice_in_a_row: int = 0
    waits_s: list[float] = field(default_factory=list)

    async def run(self, address: tuple[str, int], model: str, path: str, until: float) -> None:
        loop, refused = asyncio.get_running_loop(), False
        async with Asking(address, path, model, f"obeys-{self.header}-{model}") as asking:
            while loop.time() < until:
                status, headers = await asking.ask()
                if status == 200:
                    self.accepted += 1
                    refused = False
                    continue
                self.refusals += 1
                self.twice_in_a_row += refused
                refused = True
                self.waits_s.append(float(headers[self.header]) * self.unit_s)
                await asyncio.sleep(self.waits_s[-1])


class Asking:
    """One keep-alive connection that asks unstreamed questions."""

    def __init__(self, address: tuple[str, int], path: str, model: str, key: str) -> None:
        self._address = address
        message = [{"role": "user", "content": "go on"}]
        body = json.dumps({"model": model, "messages": message, "max_tokens": ANSWER}).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: mock\r\nauthorization: Bearer {key}\r\n"
        self._request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body

    async def __aenter__(self) -> "Asking":
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._writer.close()

    async def ask(self) -> tuple[int, dict[str, str]]:
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        await self._reader.readexactly(int(headers["content-length"]))
        return int(first.split()[1]), headers


async def press(address: tuple[str, int], model: str, until: float) -> None:
    loop = asyncio.get_running_loop()
    async with Asking(address, "/v1/chat/completions", model, "presses") as asking:
        while loop.time() < until:
            await asking.ask()
            await asyncio.sleep(EVERY_S)


async def pressure(address: tuple[str, int], seconds: float) -> list[Obedient]:
    until = asyncio.get_running_loop().time() + seconds
    obedient = [
        (Obedient("retry-after-ms", 0.001), "requests", "/v1/chat/completions"),
        (Obedient("retry-after-ms", 0.001), "tokens", "/v1/chat/completions"),
        (Obedient("retry-after", 1.0), "requests", "/v1/messages"),
        (Obedient("retry-after", 1.0), "tokens", "/v1/messages"),
    ]
    pressing = [press(address, model, until) for model in ("requests", "tokens") for _ in range(PRESSING)]
    await asyncio.gather(*pressing, *(one.run(address, model, path, until) for one, model, path in obedient))
    return [one for one, _, _ in obedient]


def let_in(rows: list[LedgerRow], model: str, key: str) -> dict[str, float]:
    """What one key was given of a quota, beside what the bucket held and earned between its requests."""
    mine = sorted((row for row in rows if (row.model, row.key) == (model, key)), key=lambda r: r.received_ns)
    passed_s = (mine[-1].received_ns - mine[0].received_ns) / 1e9
    per_minute = RPM if model == "requests" else TPM
    allowed = per_minute * (BURST_S + passed_s) / 60
    taken = [1 if model == "requests" else row.input_tokens + ANSWER for row in mine if row.status == 200]
    return {
        "asked": len(mine),
        "accepted": len(taken),
        "allowed": round(allowed, 1),
        "taken": sum(taken),
        "ratio": round(sum(taken) / allowed, 4),
    }


def quota(seconds: float) -> dict[str, Any]:
    """The whole measurement, on a provider of its own."""
    with tempfile.TemporaryDirectory() as name:
        with running(Path(name), CONFIG) as address:
            obedient = asyncio.run(pressure(address, seconds))
        rows = read_parts(Path(name), "ledger").rows
    figures: dict[str, Any] = {
        model: let_in(rows, model, key_digest("presses")) for model in ("requests", "tokens")
    }
    figures["obedient"] = {
        "accepted": sum(one.accepted for one in obedient),
        "refused": sum(one.refusals for one in obedient),
        "refused_twice_in_a_row": sum(one.twice_in_a_row for one in obedient),
    }
    within = all(abs(figures[model]["ratio"] - 1) <= TOLERANCE for model in ("requests", "tokens"))
    figures["kept"] = within and not figures["obedient"]["refused_twice_in_a_row"]
    return figures
