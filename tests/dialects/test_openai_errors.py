import pytest

from harness.dialects import openai
from harness.dialects.events import OTHER, Kind, TokenEvent
from harness.wire.frame import Frame


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b'{"error":{"message":"busy","type":"server_error","param":null,"code":503}}', "503", "busy"),
        (
            b'{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}',
            "rate_limit_exceeded",
            "slow",
        ),
        (b'{"error":{"message":"busy","type":"server_error","code":null}}', "server_error", "busy"),
        (b'{"object":"error","message":"old","type":"InternalServerError","code":500}', "500", "old"),
        (b'{"error":"boom"}', "", "boom"),
    ],
)
def test_an_error_object_is_an_error_in_the_stream_and_as_a_body(
    data: bytes, code: str, message: str
) -> None:
    assert openai.DIALECT.decoder().feed(Frame(data)) == (TokenEvent(Kind.ERROR, message, code),)
    assert openai.DIALECT.read_error(data) == (code, message)


def test_an_error_of_null_is_none() -> None:
    assert openai.DIALECT.decoder().feed(Frame(b'{"choices":[],"error":null}')) == (OTHER,)
