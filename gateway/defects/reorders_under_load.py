"""Events are jobs for a pool of workers: with few streams each is done at once, with many in any order."""

import asyncio
from dataclasses import replace
from itertools import count
from weakref import WeakSet

from aiohttp import web

from gateway.coding import Coding
from gateway.defects.defect import Defect
from gateway.parts import Parts
from gateway.writer import Writer

_WORKERS = 32
_JOB_S = (0.045, 0.0, 0.03, 0.0, 0.06, 0.0, 0.015)  # how long a job waits for a worker when all are busy


def with_workers(parts: Parts) -> Parts:
    streams: WeakSet[Writer] = WeakSet()
    jobs = count()

    class ByWorkers(Writer):
        def __init__(self, request: web.Request, coding: Coding, limit_s: float) -> None:
            super().__init__(request, coding, limit_s)
            self._jobs: list[asyncio.Task[None]] = []
            streams.add(self)

        async def write(self, data: bytes) -> None:
            if len(streams) <= _WORKERS and not self._jobs:
                await super().write(data)
            else:
                self._jobs.append(asyncio.create_task(self._later(data)))

        async def _later(self, data: bytes) -> None:
            await asyncio.sleep(_JOB_S[next(jobs) % len(_JOB_S)])
            await super().write(data)

        async def close(self) -> None:
            await asyncio.gather(*self._jobs)
            await super().close()

    return replace(parts, writer=ByWorkers)


DEFECT = Defect(
    name="reorders_under_load",
    says="At a busy hour words of an answer change places.",
    apply=with_workers,
    must_fail=frozenset({"keeps_streams_apart"}),
)
