"""Follows a script on one connection and writes down what really happened.

Frames go to the transport as they are: aiohttp routes the request, and from then on a token costs one
stamp, one join and one write. A close that was noticed after the last word is no abort.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from copy import deepcopy

import numpy as np

from harness import clock
from harness.dialects.dialect import Encoder
from harness.dialects.events import Usage
from harness.record import LedgerRow
from mock_provider.content import text_of
from mock_provider.faults.s8 import GHOST, spoil
from mock_provider.pacer import Alarm, Pacer
from mock_provider.script import Do, Framing, Script, Step

_LINGER_NOTHING = struct.pack("ii", 1, 0)
# An answer that is due at once is written in slices, or every other stream would wait for the whole of it.
_SLICE_NS = 5 * clock.MS
# More than any audit asks a frozen reader to leave lying. A real server's write would block; here the answer
# pauses, and its later tokens keep their distance.
_MOST_UNREAD = 64 << 20
_PAUSE_NS = 20 * clock.MS


class Player:
    """One attempt while it is being answered. `on_end` is called once, with the row complete.

    A `batched` player waits for `grant` before each token. One that is not `cancellable` plays on to
    nobody when its peer has left.
    """

    def __init__(
        self,
        script: Script,
        encoder: Encoder | None,
        row: LedgerRow,
        transport: asyncio.Transport,
        pacer: Pacer,
        *,
        seed: int = 0,
        stream: int = 0,
        keep_alive: bool,
        head: bytes,
        batched: bool = False,
        cancellable: bool = True,
        on_end: Callable[["Player"], None],
    ) -> None:
        self.row = row
        self.keep_alive = keep_alive and script.framing is not Framing.CLOSE
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._script, self._encoder, self._head = script, encoder, head
        self._seed, self._stream = seed, stream
        self._transport, self._pacer, self._on_end = transport, pacer, on_end
        self._steps = script.steps
        self._reframe = script.reframe() if script.reframe is not None else None
        # All else takes the short way, on which a frame is one chunk.
        self._plain = self._reframe is None and not script.chunk_extension
        self._chunked = script.framing is Framing.CHUNKED
        self._cancellable = cancellable
        self._grants: deque[int] | None = deque() if batched else None
        self._next = 0
        self._reasoned = 0  # tokens
        self._unshown = 0  # emissions at the beginning that the dialect has no words for
        self._held = ""  # text that rides on the finish
        self._alarm: Alarm | None = None
        self._ended = False
        self._gone = False
        self._emit_ns: list[int] = []
        self._emit_tokens: list[int] = []
        self._late_ns: list[int] = []
        self._base_ns = 0

    def begin(self, admitted_ns: int) -> None:
        """Start; offsets of the script count from `admitted_ns`."""
        self._base_ns = admitted_ns
        self._advance()

    def dequeued(self, at_ns: int) -> None:
        """The batch has taken the request in."""
        self.row.queue_us = max(0, at_ns - self.row.received_ns) // 1000

    def grant(self, at_ns: int) -> None:
        """The batch has generated one token for this answer."""
        if self._grants is not None and not self._ended:
            if not self.row.prefill_us:
                self.row.prefill_us = (at_ns - self.row.received_ns) // 1000 - self.row.queue_us
            self._grants.append(at_ns)
            if self._alarm is None:
                self._advance()

    def _advance(self) -> None:
        self._alarm = None
        steps, slice_ends_ns = self._steps, clock.now() + _SLICE_NS
        while not self._ended:
            step = steps[self._next]
            if self._grants is not None and not self._granted(step, self._grants):
                return
            due_ns = self._base_ns + step.at_ns
            now = clock.now()
            if due_ns > now:
                self._alarm = self._pacer.at(due_ns, self._advance)
                return
            if not self._gone and self._transport.is_closing():
                self.peer_left()
                continue
            pause_ns = self._pause(now, slice_ends_ns)
            if pause_ns is not None:
                self._base_ns += pause_ns
                self._alarm = self._pacer.at(now + pause_ns, self._advance)
                return
            self._next += 1
            self._do(step, due_ns, now)

    def _pause(self, now: int, slice_ends_ns: int) -> int | None:
        """For how long to let others in: not at all, for a moment, or until the peer has read some more."""
        if not self._gone and self._transport.get_write_buffer_size() > _MOST_UNREAD:
            return _PAUSE_NS
        return 0 if now > slice_ends_ns else None

    def _granted(self, step: Step, grants: deque[int]) -> bool:
        """Whether the step's tokens have been generated; it is then due when the last of them was."""
        needed = max(step.tokens, int(step.do is Do.START))
        if len(grants) < needed:
            return False
        if needed:
            # Later steps keep their distance, which is what a fault has added.
            self._base_ns = max(self._base_ns, grants[needed - 1] - step.at_ns)
        return True

    def _do(self, step: Step, due_ns: int, now: int) -> None:
        row, encoder = self.row, self._encoder
        if step.tokens:
            self._count(step.tokens, due_ns, now)
        match step.do:
            case Do.TEXT:
                self._text(step)
            case Do.REASON:
                assert encoder is not None
                row.other_tokens += step.tokens
                self._reasoned += step.tokens
                thought = encoder.reasoning(step.data.decode())
                self._unshown += not thought
                self._write(thought)
            case Do.TOOL_OPEN:
                assert encoder is not None
                self._write(encoder.tool_open(step.nth, *step.data.decode().split("\n", 1)))
            case Do.TOOL:
                assert encoder is not None
                row.other_tokens += step.tokens
                self._write(encoder.tool_fragment(step.nth, step.data.decode()))
            case Do.HEAD:
                row.headers_ns = now
                if not self._gone:
                    self._transport.write(self._head)
            case Do.START:
                assert encoder is not None
                self._write(encoder.start())
            case Do.FINISH:
                assert encoder is not None
                row.finish_reason = self._script.finish_reason
                usage = Usage(row.input_tokens, row.emitted_tokens, self._reasoned)
                self._write(encoder.finish(row.finish_reason, usage, self._held))
            case Do.END:
                assert encoder is not None
                row.terminal_ns = now
                self._write(encoder.end())
            case Do.BYTES:
                row.other_tokens += step.nth
                self._write(step.data)
            case Do.EXTRA | Do.SPOILED:
                self._write(self._beside(step))
            case Do.ERROR:
                assert encoder is not None
                self._write(encoder.error(*self._script.error))
            case Do.FAULT:
                row.fault = self._script.fault
                row.injected_us = self._script.injected_ns // 1000
            case Do.CLOSE | Do.FIN | Do.RST:
                self._close(step.do, now)

    def _text(self, step: Step) -> None:
        assert self._encoder is not None
        text = step.data.decode() or text_of(self._seed, self._stream, step.nth, step.tokens)
        following = self._steps[self._next]
        if following.do is Do.FINISH and following.at_ns <= step.at_ns:
            self._held = text  # some servers put the finish on the last text
        else:
            self._write(self._encoder.text(text, step.tokens))

    def _beside(self, step: Step) -> bytes:
        """A frame that the answer does not count: its encoder must not remember it."""
        encoder = deepcopy(self._encoder)
        assert encoder is not None
        if step.do is Do.SPOILED:
            return spoil(encoder.text(GHOST, 0), step.data.decode())
        return encoder.text(text_of(self._seed, self._stream, step.nth, 1), 0)

    def _count(self, tokens: int, due_ns: int, now: int) -> None:
        if self._grants is not None:
            for _ in range(tokens):
                self._grants.popleft()
        self._emit_ns.append(now)
        self._emit_tokens.append(tokens)
        self._late_ns.append(now - due_ns)
        self.row.emitted_tokens += tokens
        if self._gone:
            self.row.wasted_tokens += tokens

    def _write(self, frame: bytes) -> None:
        if not frame or self._gone:
            return
        if self._plain:
            self._transport.write(b"%x\r\n%b\r\n" % (len(frame), frame) if self._chunked else frame)
        elif self._reframe is None:
            self._write_pieces([frame])
        else:
            doing = self._steps[self._next - 1].do
            self._write_pieces(self._reframe(frame, doing, self.row.emitted_tokens))

    def _write_pieces(self, pieces: list[bytes]) -> None:
        extension = self._script.chunk_extension
        for piece in pieces:
            chunk = b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) if self._chunked else piece
            self._transport.write(chunk)

    def _close(self, how: Do, now: int) -> None:
        row, script = self.row, self._script
        if how is Do.CLOSE and script.framing is Framing.LENGTH and not script.ends_by_fault:
            row.terminal_ns, row.finish_reason = now, script.finish_reason
        # Ended before the last bytes leave: the peer's answer to them is no abort.
        by_us = "fault" if script.ends_by_fault else row.ended_by or "provider"
        self._end("peer" if self._gone else by_us, now)
        if self._gone:
            return  # there is no connection to end
        if how is Do.RST:
            reset(self._transport)
            return
        if how is Do.CLOSE and self._reframe is not None:
            self._write_pieces(self._reframe.end())
        if how is Do.CLOSE and self._chunked:
            self._transport.write(b"0\r\n%b\r\n" % script.trailer)
        if how is Do.FIN or not self.keep_alive:
            self._transport.close()

    def peer_left(self) -> None:
        """The peer's close was noticed. Nothing to do if the attempt is over already."""
        if self._ended or self._gone:
            return
        self.row.peer_left_ns = clock.now()
        if self._cancellable:
            self._end("peer", self.row.peer_left_ns)
        else:
            self._gone = True
        self._transport.close()

    def shut_down(self) -> None:
        """The provider stops: the connection closes where the answer is."""
        if not self._ended:
            self._end("peer" if self._gone else "shutdown", clock.now())
            self._transport.close()

    def _end(self, ended_by: str, now: int) -> None:
        self._ended = True
        if self._alarm is not None:
            self._alarm.cancel()
        row = self.row
        row.ended_by, row.closed_ns = ended_by, now
        if self._emit_ns:
            if shown_ns := self._emit_ns[self._unshown :]:
                row.first_token_ns, row.last_token_ns = shown_ns[0], shown_ns[-1]
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
    if sock is not None and not transport.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
    transport.abort()
