import asyncio
import re
from pathlib import Path

import pytest

from harness.stack import haproxy
from tests.stack.proxy_trial import TRIALS, USERS


def test_it_listens_on_loopback_only_and_goes_to_its_upstream():
    text = haproxy.config(8081, ("127.0.0.7", 9000), Path("/run-folder"))
    assert re.findall(r"[\d.]+:\d+", text) == ["127.0.0.1:8081", "127.0.0.7:9000"]


def test_it_stays_in_the_foreground():
    assert haproxy.command(Path("/run-folder/haproxy.cfg"))[1:] == ["-db", "-f", "/run-folder/haproxy.cfg"]


@pytest.mark.slow
@pytest.mark.skipif(haproxy.find() is None, reason="needs Debian's package haproxy")
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("trial", TRIALS)
def test_as_a_real_proxy_it(trial, user, monkeypatch):
    asyncio.run(asyncio.wait_for(trial(haproxy, user, monkeypatch), 30))
