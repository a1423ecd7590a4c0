import asyncio
import re
from pathlib import Path

import pytest

from harness.stack import nginx
from tests.stack.proxy_trial import TRIALS, USERS


def test_it_listens_on_loopback_only_and_goes_to_its_upstream():
    text = nginx.config(8081, ("127.0.0.7", 9000), Path("/run-folder"))
    assert re.findall(r"[\d.]+:\d+", text) == ["127.0.0.7:9000", "127.0.0.1:8081"]


def test_all_that_it_writes_is_in_its_folder():
    text = nginx.config(8081, ("127.0.0.1", 9000), Path("/run-folder"))
    written = re.findall(r"(?:pid|error_log|\w+_temp_path) (\S+?)[ ;]", text)
    assert len(written) == 7
    assert all(Path(path).parent == Path("/run-folder") for path in written)
    assert {
        arg for arg in nginx.command(Path("/run-folder/nginx.conf")) if arg.startswith("/run-folder")
    } == {
        "/run-folder",
        "/run-folder/nginx.conf",
        "/run-folder/nginx-error.log",
    }


@pytest.mark.slow
@pytest.mark.skipif(nginx.find() is None, reason="needs Debian's package nginx")
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("trial", TRIALS)
def test_as_a_real_proxy_it(trial, user, monkeypatch):
    asyncio.run(asyncio.wait_for(trial(nginx, user, monkeypatch), 30))
