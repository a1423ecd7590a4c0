"""Follows a script on one connection and writes down what really happened.

Frames go to the transport as they are: aiohttp routes the request, and from then on a token costs one
stamp, one join and one write. A close that was noticed after the last word is no abort.
"""

import asyncio
import socket
import struct
from collections.abc import Callable

import numpy as np

from harness import clock
from harness.dialects.dialect import Encoder
from harness.dialects.events import Usage
from harness.record import LedgerRow
from mock_provider.pacer import Alarm, Pacer
from mock_provider.script import Do, Framing, Script, Step

_LINGER_NOTHING = struct.pack("ii", 1, 0)


class Answer:
    """The text of an answer as its encoder frames it; `tokens(first, count)` is the text of a frame."""

    def __init__(self, encoder: Encoder | None, tokens: Callable[[int, int], str]) -> None:
        self.encoder, self.tokens = encoder, tokens


class Player:
    """One attempt while it is being answered. `on_end` is called once, with the row complete."""

    def __init__(
        self,
        script: Script,
        answer: Answer,
        row: LedgerRow,
        transport: asyncio.Transport,
        pacer: Pacer,
        *,
        keep_alive: bool,
        head: bytes,
        on_end: Callable[["Player"], None],
    ) -> None:
        self.row = row
        self.keep_alive = keep_alive and script.framing is not Framing.CLOSE
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._script, self._answer, self._head = script, answer, head
        self._transport, self._pacer, self._on_end = transport, pacer, on_end
        self._chunked = script.framing is Framing.CHUNKED
        self._next = 0
        self._alarm: Alarm | None = None
        self._ended = False
        self._emit_ns: list[int] = []
        self._emit_tokens: list[int] = []
        self._late_ns: list[int] = []
        self._base_ns = 0

    def begin(self, admitted_ns: int) -> None:
        """Start; offsets of the script count from `admitted_ns`."""
        self._base_ns = admitted_ns
        self._advance()

    def _advance(self) -> None:
        self._alarm = None
        steps = self._script.steps
        while not self._ended:
            step = steps[self._next]
            due_ns = self._base_ns + step.at_ns
            now = clock.now()
            if due_ns > now:
                self._alarm = self._pacer.at(due_ns, self._advance)
                return
            if self._transport.is_closing():
                self.peer_left()
                return
            self._next += 1
            self._do(step, due_ns, now)

    def _do(self, step: Step, due_ns: int, now: int) -> None:
        row, encoder = self.row, self._answer.encoder
        match step.do:
            case Do.TOKENS:
                assert encoder is not None
                text = self._answer.tokens(row.emitted_tokens, step.tokens)
                self._count(step.tokens, due_ns, now)
                self._write(encoder.text(text))
            case Do.HEAD:
                row.headers_ns = now
                self._transport.write(self._head)
            case Do.START:
                assert encoder is not None
                self._write(encoder.start())
            case Do.FINISH:
                assert encoder is not None
                row.finish_reason = self._script.finish_reason
                usage = Usage(row.input_tokens, row.emitted_tokens)
                self._write(encoder.finish(row.finish_reason, usage))
            case Do.END:
                assert encoder is not None
                row.terminal_ns = now
                self._write(encoder.end())
            case Do.BYTES:
                if step.tokens:
                    self._count(step.tokens, due_ns, now)
                self._write(step.data)
            case Do.FAULT:
                row.fault = self._script.fault
                row.injected_us = self._script.injected_ns // 1000
            case Do.CLOSE:
                self._close(now)
            case Do.FIN:
                self._end("fault", now)
                self._transport.close()
            case Do.RST:
                self._end("fault", now)
                reset(self._transport)

    def _count(self, tokens: int, due_ns: int, now: int) -> None:
        self._emit_ns.append(now)
        self._emit_tokens.append(tokens)
        self._late_ns.append(now - due_ns)
        self.row.emitted_tokens += tokens

    def _close(self, now: int) -> None:
        row = self.row
        if self._script.framing is Framing.LENGTH and not row.fault:
            row.terminal_ns, row.finish_reason = now, self._script.finish_reason
        by_fault = bool(row.fault) and row.terminal_ns is None
        # Ended before the last bytes leave: the peer's answer to them is no abort.
        self._end("fault" if by_fault else row.ended_by or "provider", now)
        if self._chunked:
            self._transport.write(b"0\r\n\r\n")
        if not self.keep_alive:
            self._transport.close()

    def _write(self, frame: bytes) -> None:
        if not frame:
            return
        if self._chunked:
            frame = b"%x\r\n%b\r\n" % (len(frame), frame)
        self._transport.write(frame)

    def peer_left(self) -> None:
        """The peer's close was noticed. Nothing to do if the attempt is over already."""
        if not self._ended:
            self.row.peer_left_ns = clock.now()
            self._end("peer", self.row.peer_left_ns)
            self._transport.close()

    def shut_down(self) -> None:
        """The provider stops: the connection closes where the answer is."""
        if not self._ended:
            self._end("shutdown", clock.now())
            self._transport.close()

    def _end(self, ended_by: str, now: int) -> None:
        self._ended = True
        if self._alarm is not None:
            self._alarm.cancel()
        row = self.row
        row.ended_by, row.closed_ns = ended_by, now
        if self._emit_ns:
            row.first_token_ns, row.last_token_ns = self._emit_ns[0], self._emit_ns[-1]
            late_us = np.array(self._late_ns) // 1000
            row.emit_us = _int32s((np.array(self._emit_ns) - row.received_ns) // 1000)
            row.emit_tokens = _int32s(np.array(self._emit_tokens))
            row.late_us = _int32s(late_us)
            row.lateness_max_us = int(late_us.max())
        self._on_end(self)
        if not self.over.done():
            self.over.set_result(None)


def _int32s(values: np.ndarray) -> bytes:
    return values.astype("<i4").tobytes()


def reset(transport: asyncio.Transport) -> None:
    """Close with RST instead of FIN: with nothing to linger for, the kernel drops what is left."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
    transport.abort()
