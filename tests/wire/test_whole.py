"""A body that is one frame, whatever HTTP cut it into."""

import pytest

from harness.wire.frame import Frame, WireError
from harness.wire.whole import MAX_WHOLE, WholeBody


def test_there_is_one_frame_and_only_at_the_end():
    body = WholeBody()
    assert [body.feed(piece) for piece in (b" \n", b'{"con', b'tent":1}\n')] == [[], [], []]
    assert body.leftover
    assert body.end() == [Frame(b'{"content":1}')]
    assert (body.leftover, body.end()) == (False, [])


def test_blanks_that_keep_a_proxy_awake_are_no_answer():
    body = WholeBody()
    body.feed(b" \r\n ")
    assert (body.leftover, body.end()) == (False, [])


def test_an_answer_without_end_is_refused_and_forgotten():
    body = WholeBody()
    with pytest.raises(WireError, match="longer than 16777216 bytes"):
        body.feed(b"x" * (MAX_WHOLE + 1))
    assert not body.leftover
