"""What the gateway has done, counted, in the text format that Prometheus scrapes. Pure."""

from bisect import bisect_left
from itertools import accumulate

from gateway.note import Note

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MOST_SERIES = 200
_TTFT_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_STREAM_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
_RATE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Histogram:
    """Counts by upper bound; every sample is counted."""

    def __init__(self, name: str, text: str, bounds: tuple[float, ...]) -> None:
        self._name, self._text, self._bounds = name, text, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self) -> list[str]:
        bounds = [*(f"{bound:g}" for bound in self._bounds), "+Inf"]
        up_to = list(accumulate(self._counts))
        return [
            *_family(self._name, "histogram", self._text),
            *(f'{self._name}_bucket{{le="{b}"}} {n}' for b, n in zip(bounds, up_to, strict=True)),
            f"{self._name}_sum {self._sum:.6f}",
            f"{self._name}_count {up_to[-1]}",
        ]


class Metrics:
    """Fed with the notes that make the log's lines, so that both say the same."""

    def __init__(self) -> None:
        self.open = 0
        self._tokens = 0
        self._streams: dict[tuple[str, str], int] = {}
        self._ttft = Histogram("gateway_ttft_seconds", "From question to first content.", _TTFT_S)
        self._total = Histogram("gateway_stream_seconds", "From question to end.", _STREAM_S)
        self._rate = Histogram("gateway_tokens_per_second", "Token rate of one answer.", _RATE)

    def begin(self) -> None:
        """A question has come in."""
        self.open += 1

    def end(self, note: Note) -> None:
        """It is over."""
        self.open -= 1
        key = (note.endpoint, note.outcome)
        if key not in self._streams and len(self._streams) >= _MOST_SERIES:
            key = (note.endpoint, "other")  # codes are the provider's words; it may have many
        self._streams[key] = self._streams.get(key, 0) + 1
        self._tokens += note.tokens
        self._total.add(note.total_s)
        if note.ttft_s is not None:
            self._ttft.add(note.ttft_s)
        if note.tokens_per_s is not None:
            self._rate.add(note.tokens_per_s)

    def text(self, queued: int) -> str:
        """The exposition; `queued` users wait for a slot."""
        streams = sorted(self._streams.items())
        lines = [
            *_family("gateway_streams_total", "counter", "Questions that are over, by how they ended."),
            *(
                f'gateway_streams_total{{endpoint="{at}",outcome="{_escaped(how)}"}} {n}'
                for (at, how), n in streams
            ),
            *_family("gateway_tokens_total", "counter", "Tokens of answers."),
            f"gateway_tokens_total {self._tokens}",
            *_family("gateway_streams_open", "gauge", "Questions being answered."),
            f"gateway_streams_open {self.open}",
            *_family("gateway_queue", "gauge", "Questions that wait for a slot."),
            f"gateway_queue {queued}",
            *self._ttft.lines(),
            *self._total.lines(),
            *self._rate.lines(),
        ]
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP {name} {text}", f"# TYPE {name} {kind}"


def _escaped(text: str) -> str:
    """A label's value; error codes are the provider's words."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
