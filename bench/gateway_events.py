"""What an event costs in the reference gateway: its processor time, divided by the events that it passed on.

    python -m bench.gateway_events [--against FOLDER] [--json]

A provider without any work of its own says forty answers of 300 tokens at once, a token each 6 ms; forty
users read. `FOLDER` is another checkout of this project: both gateways are then measured in turn, three
times, and the last line is their ratio. Processor time: other work on the machine changes it little.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import uvloop

_ANSWERS, _TOKENS, _PACE_S, _TURNS = 40, 300, 0.006, 3
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_TOKEN = (
    'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
    '"delta":{"content":"[000042:0007] wörd "},"logprobs":null,"finish_reason":null}]}\n\n'
).encode()
_END = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":300}}\n\n'
    b"data: [DONE]\n\n"
)
_ASK = b"GET /api/chat/stream?prompt=hi HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def _provide(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(_HEAD)
    for _ in range(_TOKENS):
        writer.write(_chunk(_TOKEN))
        await asyncio.sleep(_PACE_S)
    writer.write(_chunk(_END) + b"0\r\n\r\n")
    await writer.drain()
    writer.close()


async def _use(port: int) -> int:
    """One answer, read to its end; how many events of content it had."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_ASK)
    heard = await reader.read()
    writer.close()
    return heard.count(b'{"content"')


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def event_us(tree: Path) -> float:
    """Processor time for one event in the gateway of `tree`, in microseconds."""
    server = await asyncio.start_server(_provide, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    command = [sys.executable, "-m", "gateway", "--upstream", url, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tree) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["port"]
            await _use(port)  # what only the first answer costs
            before = _cpu_s(process.pid)
            heard = await asyncio.gather(*(_use(port) for _ in range(_ANSWERS)))
            spent = _cpu_s(process.pid) - before
        finally:
            process.send_signal(signal.SIGTERM)
    if set(heard) != {_TOKENS}:
        raise SystemExit(f"answers of {sorted(set(heard))} events, and not of {_TOKENS}")
    return spent / (_ANSWERS * _TOKENS) * 1e6


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.gateway_events", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout of this project")
    parser.add_argument("--json", action="store_true", help="one JSON line at the end")
    arguments = parser.parse_args(argv)
    here = Path(__file__).parent.parent
    trees = [here] if arguments.against is None else [arguments.against, here]
    found: dict[Path, list[float]] = {tree: [] for tree in trees}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        for _ in range(_TURNS):
            for tree in trees:
                found[tree].append(loop.run(event_us(tree)))
                print(f"{tree}: {found[tree][-1]:.1f} us an event", flush=True)
    medians = [statistics.median(found[tree]) for tree in trees]
    print("median: " + ", ".join(f"{median:.1f} us" for median in medians))
    ratio = round(medians[1] / medians[0], 3) if len(medians) == 2 else None
    if arguments.json:
        print(json.dumps({"event_us": round(medians[-1], 2), "ratio": ratio}))
    elif ratio is not None:
        print(f"ratio: {ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
