import math

from gateway import failure
from gateway.patience import Patience
from harness.plan.plan import GatewayOptions

LIMITS = GatewayOptions(first_token_s=10, idle_s=4)


def test_any_byte_ends_a_silence_and_only_content_the_wait_for_the_first_token():
    patience = Patience(LIMITS, 0.0)
    assert patience.until == 4.0
    patience.heard(3.0, content=False)
    assert patience.until == 7.0
    patience.heard(7.0, content=False)
    assert patience.until == 10.0
    patience.heard(9.0, content=True)
    assert patience.until == 13.0


def test_a_stream_that_flows_has_no_limit_however_long_it_is():
    patience = Patience(LIMITS, 0.0)
    for now in range(0, 3000, 3):
        patience.heard(now, content=True)
        assert patience.lost(now) is None


def test_what_ran_out_is_what_is_said():
    patience = Patience(LIMITS, 0.0)
    assert patience.lost(3.9) is None
    assert patience.lost(4.0) == failure.STALLED
    patience.heard(8.0, content=False)
    assert patience.lost(10.0) == failure.FIRST_TOKEN_TIMEOUT
    patience.heard(11.0, content=True)
    assert patience.lost(math.nextafter(15.0, 0)) is None
    assert patience.lost(15.0) == failure.STALLED
