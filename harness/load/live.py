"""What a load process says about itself each second, for whoever shows progress."""

from pathlib import Path

import msgspec


class LiveLine(msgspec.Struct, kw_only=True):
    """One line of `live.jsonl`. Counts are since the start, TTFTs since the last line."""

    t_ns: int
    event: str = "tick"  # load_start, tick, load_end, worker_lost, harness_error
    users: int = 0
    in_flight: int = 0
    finished: int = 0
    outcomes: dict[str, int] = {}
    ttft_ms: list[float] = []
    rows: int = 0  # written so far
    tokens: int = 0  # of the attempts that have ended
    text: str = ""


class LiveFile:
    """Reads a growing `live.jsonl`, each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._decode = msgspec.json.Decoder(LiveLine).decode

    def new_lines(self) -> list[LiveLine]:
        """Lines written since the last call; an unfinished last line waits for the next."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return []
        whole, newline, _ = data.rpartition(b"\n")
        self._position += len(whole) + len(newline)
        return [self._decode(line) for line in whole.split(b"\n") if line]
