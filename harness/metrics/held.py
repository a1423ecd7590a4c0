"""One answer at both ends, event by event: when the provider wrote each, and when all of it had arrived."""

import numpy as np

from harness.metrics.buffering import Trial
from harness.metrics.samples import Floats, Ints
from harness.record import LedgerRow, StreamRecord


def trial_of(record: StreamRecord, row: LedgerRow) -> Trial | None:
    """Pairs each content write of `row` with the read that completed its last token.

    However the path has joined or cut the events, tokens are counted, not frames. Events that never arrived
    whole are left out. None where the text is not an exact beginning of the answer, or nothing came.
    """
    hurt = record.lost + record.duplicated + record.reordered + record.crosstalk + record.altered
    if record.sent_ns is None or not record.verified or hurt or not record.tokens:
        return None
    written, arrived = _int32(row.emit_tokens), np.cumsum(_int32(record.read_tokens))
    last = np.cumsum(written)
    there = last <= arrived[-1]
    if not there.any():
        return None
    read = np.searchsorted(arrived, last[there])
    return Trial(
        emitted_ms=_ms(row.received_ns, row.emit_us)[there],
        arrived_ms=_ms(record.sent_ns, record.read_us)[read],
        sizes=written[there] * (record.body_bytes / record.tokens),
    )


def arrivals_ms(record: StreamRecord) -> Floats:
    """When each content event arrived, ms since the question was sent; those of one read together."""
    return np.repeat(_int32(record.read_us) / 1000.0, _int32(record.read_events))


def _ms(base_ns: int, offsets_us: bytes) -> Floats:
    times: Floats = base_ns / 1e6 + _int32(offsets_us) / 1000.0
    return times


def _int32(data: bytes) -> Ints:
    return np.frombuffer(data, dtype="<i4").astype(np.int64)
