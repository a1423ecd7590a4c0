"""What completed values of a JSON answer cost: a parser that keeps its state, and one that starts again.

`python -m bench.fields --json`: an answer of so many pieces, six characters each as they come from models, is
fed piece by piece to `gateway.fields` and, for comparison, to jiter's partial mode, over all of the text so
far, which is how such parsers are used. Microseconds a piece, the best of five passes; `guessed` counts the
pieces after which the second shows a text that is not whole yet, in its mode that shows the most.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jiter

from gateway.fields import Fields

_PIECE = 6
_PASSES = 5


def answer(pieces: int) -> str:
    """JSON of about so many pieces: rows with a text, a number and a list."""
    rows: list[dict[str, Any]] = []
    size = 0
    while size < pieces * _PIECE:
        number = len(rows)
        rows.append({"name": f"river {number} wörd", "age": number, "tags": ["stone", "cloud"]})
        size += len(json.dumps(rows[-1], ensure_ascii=False)) + 2
    return json.dumps({"rows": rows}, ensure_ascii=False)


def cut(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def kept_state(pieces: Sequence[str]) -> int:
    fields = Fields()
    return sum(len(fields.feed(piece)) for piece in pieces)


def started_again(pieces: Sequence[str]) -> int:
    text, shown = b"", 0
    for piece in pieces:
        text += piece.encode()
        shown += bool(jiter.from_json(text, partial_mode="on"))
    return shown


def guessed(pieces: Sequence[str]) -> int:
    """After how many pieces the last text in the value is not one of the whole answer."""
    whole, text, wrong = "".join(pieces), "", 0
    for piece in pieces:
        text += piece
        last = _last(jiter.from_json(text.encode(), partial_mode="trailing-strings"))
        wrong += isinstance(last, str) and json.dumps(last, ensure_ascii=False) not in whole
    return wrong


def _last(value: Any) -> Any:
    while isinstance(value, dict | list) and value:
        value = list(value.values())[-1] if isinstance(value, dict) else value[-1]
    return value


def per_piece_us(work: Callable[[Sequence[str]], int], pieces: Sequence[str]) -> float:
    best_s = float("inf")
    for _ in range(_PASSES):
        began = time.perf_counter()
        work(pieces)
        best_s = min(best_s, time.perf_counter() - began)
    return round(best_s / len(pieces) * 1e6, 2)


def measure(sizes: Sequence[int]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for size in sizes:
        pieces = cut(answer(size))
        found.append(
            {
                "pieces": len(pieces),
                "kept_state_us": per_piece_us(kept_state, pieces),
                "started_again_us": per_piece_us(started_again, pieces),
                "guessed": guessed(pieces),
            }
        )
    return found


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--pieces", default="100,1000,4000", help="lengths of answers (%(default)s)")
    options = parser.parse_args(argv)
    rows = measure([int(size) for size in options.pieces.split(",")])
    print(json.dumps(rows) if options.json else "\n".join(map(str, rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
