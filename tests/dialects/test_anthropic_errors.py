"""Errors in mid-stream have the type that their cause has as an HTTP error."""

import json

import pytest

from harness.dialects import anthropic
from harness.dialects.dialect import Reply

REPLY = Reply(id="", model="", created_s=0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("overloaded", "overloaded_error"),
        ("rate_limit_exceeded", "rate_limit_error"),
        ("rate_limit_error", "rate_limit_error"),
        ("server_error", "api_error"),
        ("500", "api_error"),
    ],
)
def test_the_type_follows_the_cause(code, kind):
    event = anthropic.DIALECT.encoder(REPLY).error(code, "x")
    name, data = event.split(b"\n", 1)
    assert name == b"event: error"
    assert json.loads(data.removeprefix(b"data: "))["error"] == {"type": kind, "message": "x"}
