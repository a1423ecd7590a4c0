"""Answers that are over, kept for users who come back: in SQLite, up to so many bytes, oldest out first."""

import sqlite3

import msgspec

from gateway.failure import Failure
from harness.dialects.events import Kind, TokenEvent, Usage


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole answer, or one that broke off; `pieces` are (kind, text) as the provider sent them."""

    owner: str  # whose it is, see `gateway.answers`
    question: str  # digest of what was asked
    pieces: list[tuple[Kind, str]]
    failure: Failure | None
    reason: str
    usage: Usage | None
    codes: dict[int, tuple[str, str]] = {}  # code and id of the few pieces that have them, by number
    endpoint: str = ""  # at which it was asked for

    @property
    def events(self) -> list[TokenEvent]:
        events = [TokenEvent(kind, text) for kind, text in self.pieces]
        for number, (code, id) in self.codes.items():
            events[number] = msgspec.structs.replace(events[number], code=code, id=id)
        return events


class KeptAnswers:
    """A small synchronous store: one write an answer, when it is over, and one read for who comes back.

    Measured beside the loop: `python -m bench.resume`. What is still being generated stands in memory,
    because it dies with the process anyhow.
    """

    def __init__(self, path: str, max_bytes: int) -> None:
        """An empty `path` is a private file that vanishes with the process.

        Raises OSError where `path` cannot be a store.
        """
        self._max_bytes = max_bytes
        self._decode = msgspec.msgpack.Decoder(Kept).decode
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            # Losing the last answers in a power cut is nothing; waiting for a disk in a loop is something.
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA journal_mode = MEMORY")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS answers (number INTEGER PRIMARY KEY, id TEXT UNIQUE, size INT, "
                "body BLOB)"
            )
            [(self.size,)] = self._db.execute("SELECT coalesce(sum(size), 0) FROM answers")
        except sqlite3.Error as error:
            raise OSError(f"the store {path} cannot be used: {error}") from error

    def put(self, id: str, kept: Kept) -> None:
        """Keep an answer in the place of an earlier one of that id. One bigger than the store is not kept."""
        body = msgspec.msgpack.encode(kept)
        self._drop("id = ?", id)
        if len(body) > self._max_bytes:
            return
        while self.size + len(body) > self._max_bytes:
            self._drop("number = (SELECT min(number) FROM answers)")
        self._db.execute("INSERT INTO answers (id, size, body) VALUES (?, ?, ?)", (id, len(body), body))
        self.size += len(body)

    def get(self, id: str) -> Kept | None:
        row = self._db.execute("SELECT body FROM answers WHERE id = ?", (id,)).fetchone()
        return self._decode(row[0]) if row is not None else None

    def close(self) -> None:
        self._db.close()

    def _drop(self, which: str, *values: str) -> None:
        rows = self._db.execute(f"DELETE FROM answers WHERE {which} RETURNING size", values)  # noqa: S608  our own words
        self.size -= sum(size for (size,) in rows)
