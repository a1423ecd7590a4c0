"""The canonical answer: (seed, stream id) -> numbered tokens, and the verifier of what arrived.

Each token carries the id of its stream and its own number, `[000042:0007] wörd `, so a hole, a repeat, a
swap, a foreign token and a changed byte can each be proved from the text alone. The words hold characters
of two, three and four bytes and U+2028, the ones that careless decoders break.
"""

import re
from dataclasses import dataclass

WORDS = (
    "river", "wörd", "stone", "naïve", "cloud", "€uro", "paper", "日本", "light", "😀", "green", "señor",
    "table", "каша", "night", "a\u2028b", "ocean", "Ångström", "forest", "🚲", "winter", "łódź", "signal",
    "मेघ", "copper", "“quoted”", "garden", "back\\slash", "mirror", "tab\tbed", "thunder",
)  # fmt: skip

_TAG = re.compile(r"\[(\d{6,}):(\d{4,})\] ")
_SPLIT = re.compile(r"(?=\[\d{6,}:\d{4,}\] )")
_MARK = re.compile(r"\[sid:(\d{6,})\]")


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

    As long as the text is the canonical prefix nothing is kept. From the first deviation on, the text is
    kept whole and classified at the end.
    """

    __slots__ = ("_irregular", "_next", "_rest", "_seed", "_stream", "_tags")

    def __init__(self, seed: int, stream: int) -> None:
        self._seed, self._stream = seed, stream
        self._next = 0
        self._rest = ""
        self._irregular = False
        self._tags = 0

    def feed(self, text: str) -> int:
        """Take the next piece of text; return how many tokens it completed."""
        if not self._rest and text == token(self._seed, self._stream, self._next):
            self._next += 1
            return 1
        self._rest += text
        return self._recount() if self._irregular else self._advance()

    def _advance(self) -> int:
        before = self._next
        while self._rest:
            expected = token(self._seed, self._stream, self._next)
            if self._rest.startswith(expected):
                self._rest = self._rest[len(expected) :]
                self._next += 1
            elif expected.startswith(self._rest):
                break
            else:
                self._irregular = True
                return self._next - before + self._recount()
        return self._next - before

    def _recount(self) -> int:
        before, self._tags = self._tags, len(_TAG.findall(self._rest))
        return self._tags - before

    def result(self) -> Integrity:
        """The verdict on all text so far. A half token at the very end is not counted and is no fault."""
        if not self._irregular:
            return Integrity(tokens=self._next)
        seen = set(range(self._next))
        duplicated = reordered = crosstalk = altered = 0
        highest = self._next - 1
        pieces = [piece for piece in _SPLIT.split(self._rest) if piece]
        for position, piece in enumerate(pieces):
            tag = _TAG.match(piece)
            if tag is None:
                altered += not (position == len(pieces) - 1 and self._is_partial(piece, highest + 1))
                continue
            stream, index = int(tag[1]), int(tag[2])
            if stream != self._stream:
                crosstalk += 1
                continue
            expected = token(self._seed, stream, index)
            if piece != expected:
                if position == len(pieces) - 1 and expected.startswith(piece):
                    continue
                altered += 1
            if index in seen:
                duplicated += 1
            elif index < highest:
                reordered += 1
            seen.add(index)
            highest = max(highest, index)
        return Integrity(len(seen), highest + 1 - len(seen), duplicated, reordered, crosstalk, altered)

    def _is_partial(self, piece: str, index: int) -> bool:
        return token(self._seed, self._stream, index).startswith(piece)
