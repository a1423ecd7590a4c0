"""The recorded exchanges of Toxiproxy 2.12.0, replayed against it and against the built-in proxy."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.network.layout import free_ports
from tests.network.conftest import RunningServer, running

pytestmark = pytest.mark.slow

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "toxiproxy-2.12.0-api.json").read_text())
LISTEN = re.compile(r'"listen":"([^"]*):(\d+)"')


@pytest.fixture(params=["toxiproxy", "builtin"])
def replayed(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with running(request.param, "-runtime-metrics") as server:
        yield server


class Ports:
    """Replaces the recording's ports by those of this replay."""

    def __init__(self, server: RunningServer) -> None:
        fixed = GOLDEN["replay"]["fixed_ports"]
        self.map = dict(zip(map(str, fixed), map(str, free_ports(len(fixed))), strict=True))
        self.map[str(GOLDEN["replay"]["busy_port"])] = str(server.port)
        self.ephemeral = {str(port) for port in GOLDEN["replay"]["ephemeral_ports"].values()}

    def now(self, text: str) -> str:
        for recorded, here in self.map.items():
            text = text.replace(f":{recorded}", f":\0{here}")
        return text.replace("\0", "")

    def learn(self, recorded: str, answered: str) -> None:
        """The kernel chose other ports; match them up by their place."""
        for (_, old), (_, new) in zip(LISTEN.findall(recorded), LISTEN.findall(answered), strict=False):
            if old in self.ephemeral and old not in self.map:
                self.map[old] = new


def send(server: RunningServer, ports: Ports, request: dict[str, Any]) -> requests.Response:
    body, headers = request["body"], dict(request["headers"])
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = ports.now(body).encode()
    url = f"http://{server.host}:{server.port}{request['path']}"
    return requests.request(request["method"], url, data=body, headers=headers, timeout=10)


def test_every_recorded_exchange_is_answered_as_recorded(replayed: RunningServer) -> None:
    ports = Ports(replayed)
    assert len(GOLDEN["exchanges"]) == 84
    for exchange in GOLDEN["exchanges"]:
        answer = send(replayed, ports, exchange["request"])
        wanted, what = exchange["response"], f"{exchange['id']}: {exchange['description']}"
        assert answer.status_code == wanted["status"], what
        if exchange["compare"] == "metrics":
            # A build with a newer metrics library adds a parameter to the type.
            assert answer.headers["Content-Type"].startswith(wanted["content_type"]), what
            continue
        assert answer.headers.get("Content-Type") == wanted["content_type"], what
        assert (answer.headers.get("X-Content-Type-Options") == "nosniff") == wanted["nosniff"], what
        if exchange["compare"] == "ephemeral-port":
            ports.learn(wanted["body"], answer.text)
        body, expected = answer.text, ports.now(wanted["body"])
        if exchange["request"]["path"] == "/version" and replayed.kind == "toxiproxy":
            body = body.replace('"git"', '"2.12.0"')  # what a build from source calls itself
        if exchange["compare"] == "go-text" and replayed.kind == "builtin":
            body, expected = (
                re.sub(r'bad request body: (\\.|[^"\\])*', "", text) for text in (body, expected)
            )
        assert body == expected, what


@pytest.mark.parametrize("path", ["/version", "/proxies", "/proxies/none"])
def test_every_routed_answer_has_a_request_id(server: RunningServer, path: str) -> None:
    answer = requests.get(f"http://{server.host}:{server.port}{path}", timeout=10)
    assert answer.headers["X-Toxiproxy-Request-Id"]


def test_there_are_no_metrics_unless_asked_for(server: RunningServer) -> None:
    assert requests.get(f"http://{server.host}:{server.port}/metrics", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("nonsense", "listen tcp: address nonsense: missing port in address"),
        ("127.0.0.1:99999", "listen tcp: address 99999: invalid port"),
    ],
)
def test_an_address_that_is_none(server: RunningServer, listen: str, words: str) -> None:
    body = {"name": "a", "upstream": "127.0.0.1:9", "listen": listen}
    answer = requests.post(f"http://{server.host}:{server.port}/proxies", json=body, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (500, words)


@pytest.mark.parametrize(
    "bad",
    [
        {"attributes": {"latency": 1.5}},
        {"attributes": {"latency": True}},
        {"attributes": {"latency": 1 << 63}},
        {"attributes": 3},
        {"toxicity": "1"},
        {"name": 5},
    ],
)
def test_a_value_of_a_wrong_kind_is_a_bad_request(server: RunningServer, bad: dict[str, Any]) -> None:
    base = f"http://{server.host}:{server.port}/proxies"
    requests.post(base, json={"name": "a", "upstream": "127.0.0.1:9", "listen": "127.0.0.1:0"}, timeout=10)
    answer = requests.post(f"{base}/a/toxics", json={"type": "latency", **bad}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("bad request body: ")


def test_keys_are_read_in_any_case_and_null_changes_nothing(server: RunningServer) -> None:
    base = f"http://{server.host}:{server.port}/proxies"
    requests.post(base, json={"NAME": "a", "Upstream": "127.0.0.1:9", "listen": "127.0.0.1:0"}, timeout=10)
    toxic = {"Type": "latency", "ATTRIBUTES": {"Latency": 5, "jitter": None}, "toxicity": None}
    answer = requests.post(f"{base}/a/toxics", json=toxic, timeout=10)
    assert answer.json() == {
        "attributes": {"latency": 5, "jitter": 0},
        "name": "latency_downstream",
        "type": "latency",
        "stream": "downstream",
        "toxicity": 1,
    }
