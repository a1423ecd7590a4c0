"""The canonical answer: (seed, stream id) -> numbered tokens, and the verifier of what arrived.

Each token carries the id of its stream and its own number, `[000042:0007] wörd `, so a hole, a repeat, a
swap, a foreign token and a changed byte can each be proved from the text alone. The words hold characters
of two, three and four bytes and U+2028, the ones that careless decoders break.
"""

import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from itertools import pairwise

WORDS = (
    "river", "wörd", "stone", "naïve", "cloud", "€uro", "paper", "日本", "light", "😀", "green", "señor",
    "table", "каша", "night", "a\u2028b", "ocean", "Ångström", "forest", "🚲", "winter", "łódź", "signal",
    "मेघ", "copper", "“quoted”", "garden", "back\\slash", "mirror", "tab\tbed", "thunder",
)  # fmt: skip

# The parts of a token as they are put together while answers are verified.
_NUMBERS = tuple(f"{index:04d}] " for index in range(4096))
_ENDS = tuple(f"{word} " for word in WORDS)

_TAG = re.compile(r"\[([0-9]{6,12}):([0-9]{4,9})\] ")
_HALF_TAG = re.compile(r"\[[0-9]{0,12}(:[0-9]{0,9}\]?)?")
_MARK = re.compile(r"\[sid:([0-9]{6,12})\]")
_TRUSTED_GAP = 64  # how far ahead the number of an altered token is still believed
_MAX_OPEN = 4096  # characters of text without a tag; more need not be kept to know that it is altered


def token(seed: int, stream: int, index: int) -> str:
    """Token `index` (from 0) of the answer to `stream`. Same arguments, same text, for ever."""
    word = WORDS[(seed * 7 + stream * 13 + index * (1 + stream % 29)) % len(WORDS)]
    return f"[{stream:06d}:{index:04d}] {word} "


def answer(seed: int, stream: int, count: int) -> list[str]:
    """The first `count` tokens of the answer to `stream`."""
    return [token(seed, stream, index) for index in range(count)]


def mark(stream: int) -> str:
    """The correlation id as it travels in a prompt. Headers get dropped on the way; prompts do not."""
    return f"[sid:{stream:06d}]"


def marked_streams(prompt: str) -> list[int]:
    """Every stream id marked in `prompt`; none or several are for the caller to report, not to guess."""
    return [int(found) for found in _MARK.findall(prompt)]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What became of an answer's tokens. All zero but `tokens`: what arrived is an exact prefix."""

    tokens: int = 0
    lost: int = 0  # numbers skipped although a later one arrived
    duplicated: int = 0
    reordered: int = 0  # arrived after a later number, not a repeat
    crosstalk: int = 0  # another stream's token
    altered: int = 0  # right number, other bytes; or text that carries no number

    @property
    def intact(self) -> bool:
        return not (self.lost or self.duplicated or self.reordered or self.crosstalk or self.altered)


class AnswerCheck:
    """Verifies an answer while it arrives, however the system has cut or joined the tokens.

    As long as the text is the canonical prefix, a token costs one comparison. From the first deviation on,
    tokens are told apart by their tags and tallied. Text is kept only as far as it may still become a token.
    """

    __slots__ = ("_base", "_next", "_prefix", "_rest", "_step", "_stream", "_tally")

    def __init__(self, seed: int, stream: int) -> None:
        self._stream = stream
        # The parts of `token` that do not depend on the number, so that a token costs little.
        self._prefix, self._base, self._step = f"[{stream:06d}:", seed * 7 + stream * 13, 1 + stream % 29
        self._next = 0
        self._rest = ""  # begins at the token that is not whole yet
        self._tally: _Tally | None = None  # since the first deviation

    def feed(self, text: str) -> int:
        """Take the next piece of text; return how many tokens of this stream it completed."""
        if not self._rest and self._tally is None and text == self._token(self._next):
            self._next += 1
            return 1
        self._rest += text
        if self._tally is not None:
            return self._sort(self._tally)
        before = self._next
        regular = self._advance()
        completed = self._next - before
        if not regular:
            self._tally = _Tally(self._stream, self._token, self._next)
            completed += self._sort(self._tally)
        return completed

    @property
    def tokens(self) -> int:
        """How many tokens of this stream have come."""
        return self._next if self._tally is None else len(self._tally.seen)

    def result(self) -> Integrity:
        """The verdict on all text so far. A half token at the very end is not counted and is no fault."""
        if self._tally is None:
            return Integrity(tokens=self._next)
        return self._tally.result(self._rest)

    def _token(self, index: int) -> str:
        number = _NUMBERS[index] if index < len(_NUMBERS) else f"{index:04d}] "
        return self._prefix + number + _ENDS[(self._base + index * self._step) % len(_ENDS)]

    def _advance(self) -> bool:
        """Take whole tokens off the rest; False if it cannot become the next token any more."""
        rest, start = self._rest, 0
        expected = self._token(self._next)
        while rest.startswith(expected, start):
            start += len(expected)
            self._next += 1
            expected = self._token(self._next)
        self._rest = rest[start:]
        return expected.startswith(self._rest)

    def _sort(self, tally: "_Tally") -> int:
        before = len(tally.seen)
        starts = [tag.start() for tag in _TAG.finditer(self._rest)]
        if starts and starts[0] > 0:
            starts.insert(0, 0)
        for start, end in pairwise(starts):
            tally.add(self._rest[start:end])
        rest = self._rest[starts[-1] :] if starts else self._rest
        if whole := tally.whole(rest):
            tally.add(rest[:whole])
            rest = rest[whole:]
        if len(rest) > _MAX_OPEN:
            rest = rest[:128] + rest[-128:]  # its tag, and what may be the beginning of the next
        self._rest = rest
        return len(tally.seen) - before


class _Tally:
    """Counts what became of the tokens, piece by piece; a piece begins at a tag and ends before the next."""

    def __init__(self, stream: int, token: Callable[[int], str], prefix: int) -> None:
        self._stream, self._token = stream, token
        self.seen = set(range(prefix))
        self._highest = prefix - 1
        self._duplicated = self._reordered = self._crosstalk = self._altered = 0

    def whole(self, piece: str) -> int:
        """Length of the token of this stream with which `piece` begins, unchanged; 0 if there is none."""
        tag = _TAG.match(piece)
        if tag is None or int(tag[1]) != self._stream:
            return 0
        expected = self._token(int(tag[2]))
        return len(expected) if piece.startswith(expected) else 0

    def add(self, piece: str) -> None:
        tag = _TAG.match(piece)
        if tag is None:
            self._altered += 1
        elif int(tag[1]) != self._stream:
            self._crosstalk += 1
        elif whole := self.whole(piece):
            self._number(int(tag[2]))
            self._altered += len(piece) > whole  # the token is as it should be, what follows is nobody's
        else:
            self._altered += 1
            # A number far ahead may be what was altered; it must not count a thousand others as lost.
            if int(tag[2]) <= self._highest + _TRUSTED_GAP:
                self._number(int(tag[2]))

    def result(self, rest: str) -> Integrity:
        """The counts, with `rest` as the end of the text; `rest` does not stay counted."""
        tally = self
        if rest and not self._is_half(rest):
            tally = copy(self)
            tally.seen = set(self.seen)
            tally.add(rest)
        lost = tally._highest + 1 - len(tally.seen)
        return Integrity(
            len(tally.seen), lost, tally._duplicated, tally._reordered, tally._crosstalk, tally._altered
        )

    def _number(self, index: int) -> None:
        if index in self.seen:
            self._duplicated += 1
        elif index < self._highest:
            self._reordered += 1
        self.seen.add(index)
        self._highest = max(self._highest, index)

    def _is_half(self, piece: str) -> bool:
        tag = _TAG.match(piece)
        if tag is None:
            return _HALF_TAG.fullmatch(piece) is not None
        return int(tag[1]) == self._stream and self._token(int(tag[2])).startswith(piece)
