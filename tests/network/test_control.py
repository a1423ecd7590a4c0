"""The adapter against the recorded answers of a real server, without a socket."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
import requests
import toxiproxy
import toxiproxy.api
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from harness.network import control as control_module
from harness.network.chain import Toxic
from harness.network.control import PopulateFailed, ProxySpec, ToxiproxyControl
from harness.network.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Quarantined,
    ServerError,
    Stuck,
    Unsupported,
)
from harness.network.patches import Patch

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "toxiproxy-2.12.0-api.json").read_text())
RECORDED = {exchange["id"]: exchange["response"] for exchange in GOLDEN["exchanges"]}
JAMMED = {"status": 503, "content_type": "text/html", "body": "<html><title>Timeout</title></html>"}


class Script(BaseAdapter):
    """Answers call after call as told; a number is a recorded exchange, an exception is raised."""

    def __init__(self, *answers: int | dict[str, Any] | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.calls: list[tuple[str, str, Any]] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        body = json.loads(request.body) if request.body else None
        self.calls.append((str(request.method), request.path_url, body))
        self.timeouts.append(options["timeout"])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        recorded = RECORDED[answer] if isinstance(answer, int) else answer
        response = requests.Response()
        response.status_code = recorded["status"]
        response.headers["Content-Type"] = recorded["content_type"] or ""
        response.raw = HTTPResponse(io.BytesIO(recorded["body"].encode()), preload_content=False)
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        pass


def scripted(*answers: int | dict[str, Any] | Exception) -> tuple[ToxiproxyControl, Script]:
    script = Script(*answers)
    return ToxiproxyControl("127.0.0.1", 1, transport=script), script


def ok(body: Any, status: int = 200) -> dict[str, Any]:
    return {"status": status, "content_type": "application/json", "body": json.dumps(body)}


LATENCY = ok({"name": "lat_down", "type": "latency", "stream": "downstream", "toxicity": 1, "attributes": {}})
RATE = ok({"name": "bw", "type": "bandwidth", "stream": "downstream", "attributes": {"rate": 9}})
SPEC = ProxySpec(name="p1", listen="127.0.0.1:21011", upstream="127.0.0.1:19999")


def test_every_call_has_time_limits() -> None:
    control, script = scripted(1, 2, 2, 8)
    control.version()
    assert control.find("b") is None
    control.create(ProxySpec(name="a", listen="127.0.0.1:0", upstream="127.0.0.1:19999"))
    assert script.timeouts == [(1.0, 5.0)] * 4


def test_the_version_is_read_from_its_odd_answer() -> None:
    assert scripted(1)[0].version() == "2.12.0"


@pytest.mark.parametrize(
    ("recorded", "kind", "words"),
    [
        (3, Forbidden, "User agent not allowed"),
        (17, NotFound, "404 proxy not found"),
        (31, Unsupported, "405"),
        (44, Invalid, "400 bad request body: json: cannot unmarshal string"),
        (9, Conflict, "409 proxy already exists"),
        (12, ServerError, "500 listen tcp 127.0.0.1:21001: bind: address already in use"),
    ],
)
def test_every_status_is_a_type_with_the_servers_words(
    recorded: int, kind: type[Exception], words: str
) -> None:
    control, _ = scripted(recorded)
    with pytest.raises(kind, match=words):
        control.toxics("a")


def test_create_goes_through_the_library_which_lists_first() -> None:
    control, script = scripted(2, 11)
    made = control.create(ProxySpec(name="b", listen="127.0.0.1:21001", upstream="127.0.0.1:19999"))
    assert (made.name, made.listen, made.enabled) == ("b", "127.0.0.1:21001", True)
    assert [call[:2] for call in script.calls] == [("GET", "/proxies"), ("POST", "/proxies")]


def test_a_busy_port_is_not_a_key_error_as_in_the_library_alone() -> None:
    control, _ = scripted(2, 12)
    with pytest.raises(ServerError, match="address already in use"):
        control.create(ProxySpec(name="c", listen="127.0.0.1:21001", upstream="127.0.0.1:19999"))


def test_a_name_that_the_library_finds_taken_is_a_conflict() -> None:
    control, _ = scripted(15)
    with pytest.raises(Conflict, match="proxy a exists"):
        control.create(ProxySpec(name="a", listen="127.0.0.1:0", upstream="127.0.0.1:19999"))


def test_the_library_is_left_as_it_was_found() -> None:
    consumer = toxiproxy.api.APIConsumer
    before = (consumer.host, consumer.port, toxiproxy.api.requests)
    for answers in ((2,), (JAMMED,)):
        control, _ = scripted(*answers)
        with contextlib.suppress(Stuck):
            control.find("x")
    assert (consumer.host, consumer.port, toxiproxy.api.requests) == before


def test_two_controls_keep_their_own_address() -> None:
    one, first = scripted(2, 2)
    two, second = scripted(2)
    one.find("x")
    two.find("x")
    one.find("x")
    assert (len(first.calls), len(second.calls)) == (2, 1)


def test_populate_is_one_call() -> None:
    control, script = scripted(72)
    other = ProxySpec(name="p2", listen="127.0.0.1:21012", upstream="127.0.0.1:19999", enabled=False)
    made = control.populate([SPEC, other])
    assert [(state.name, state.enabled) for state in made] == [("p1", True), ("p2", False)]
    assert [call[:2] for call in script.calls] == [("POST", "/populate")]


def test_populating_nothing_is_an_empty_list_although_the_server_says_null() -> None:
    assert scripted(69)[0].populate([]) == []


def test_a_populate_that_stops_half_way_tells_what_was_made() -> None:
    control, _ = scripted(76, 81)
    p3 = ProxySpec(name="p3", listen="127.0.0.1:21013", upstream="127.0.0.1:19998")
    p4 = ProxySpec(name="p4", listen="127.0.0.1:18474", upstream="127.0.0.1:19998")
    with pytest.raises(PopulateFailed, match="address already in use") as caught:
        control.populate([p3, p4])
    assert [state.name for state in caught.value.created] == ["p3"]


def test_a_proxy_with_toxics_of_an_earlier_run_is_not_taken_for_new() -> None:
    control, _ = scripted(74)
    other = ProxySpec(name="p2", listen="127.0.0.1:21012", upstream="127.0.0.1:19999")
    with pytest.raises(Invalid, match="proxy p1 was there before, with toxics"):
        control.populate([SPEC, other])


def test_enabled_is_set_afterwards_because_populate_ignores_it_for_known_proxies() -> None:
    known = {
        "name": "p1",
        "listen": SPEC.listen,
        "upstream": SPEC.upstream,
        "enabled": False,
        "Logger": {},
        "toxics": [],
    }
    control, script = scripted(ok({"proxies": [known]}, 201), ok({**known, "enabled": True}))
    control.populate([SPEC])
    assert script.calls[1] == ("PATCH", "/proxies/p1", {"enabled": True})


def test_a_patch_carries_only_what_changes() -> None:
    control, script = scripted(LATENCY, LATENCY, LATENCY)
    control.apply("a", [Patch(toxic="lat_down", attributes={"latency": 7})])
    control.apply("a", [Patch(toxic="lat_down", toxicity=0)])
    assert script.calls == [
        ("GET", "/proxies/a/toxics/lat_down", None),  # what it is, once
        ("PATCH", "/proxies/a/toxics/lat_down", {"attributes": {"latency": 7}}),
        ("PATCH", "/proxies/a/toxics/lat_down", {"toxicity": 0}),
    ]


def test_nothing_is_sent_if_one_of_the_changes_is_wrong() -> None:
    control, script = scripted(LATENCY, RATE)
    with pytest.raises(Invalid, match="crashes the server"):
        control.apply("a", [Patch(toxic="lat_down", toxicity=0), Patch(toxic="bw", attributes={"rate": 10})])
    assert [call[0] for call in script.calls] == ["GET", "GET"]


def test_a_proxys_addresses_are_not_changed() -> None:
    control, script = scripted()
    with pytest.raises(Invalid, match="its addresses stay"):
        control.apply("a", [Patch()])
    assert script.calls == []


def test_a_refused_change_is_read_again_and_taints_the_proxy() -> None:
    half_applied = ok({"name": "lat_down", "type": "latency", "stream": "downstream", "attributes": {}})
    control, script = scripted(LATENCY, 61, half_applied)
    with pytest.raises(Invalid):
        control.apply("a", [Patch(toxic="lat_down", attributes={"latency": 7})])
    assert "400 bad request body" in control.tainted["a"]
    assert [call[0] for call in script.calls] == ["GET", "PATCH", "GET"]


@pytest.mark.parametrize("jam", [JAMMED, requests.ReadTimeout("no answer")])
def test_a_jammed_proxy_is_quarantined_and_never_touched_again(jam: Any) -> None:
    control, script = scripted(LATENCY, jam)
    with pytest.raises(Stuck):
        control.apply("a", [Patch(toxic="lat_down", toxicity=0)])
    assert set(control.quarantined) == set(control.tainted) == {"a"}
    calls = len(script.calls)
    for touch in (
        lambda: control.apply("a", [Patch(enabled=False)]),
        lambda: control.toxics("a"),
        lambda: control.delete("a"),
        lambda: control.find("b"),  # these visit every proxy
        lambda: control.create(SPEC),
        lambda: control.populate([SPEC]),
    ):
        with pytest.raises(Quarantined):
            touch()
    assert len(script.calls) == calls


def test_other_proxies_go_on_while_one_is_quarantined() -> None:
    control, _ = scripted(JAMMED, LATENCY, LATENCY)
    with pytest.raises(Stuck):
        control.toxics("a")
    control.apply("b", [Patch(toxic="lat_down", toxicity=0)])


def test_a_dead_server_is_gone_and_not_stuck() -> None:
    refused = requests.ConnectionError("refused")
    control, _ = scripted(refused, refused)
    with pytest.raises(Gone, match=r"nobody answers at 127\.0\.0\.1:1"):
        control.version()
    assert control.quarantined == {}


def test_a_change_is_sent_again_when_the_idle_connection_was_dropped() -> None:
    control, script = scripted(LATENCY, requests.ConnectionError("dropped"), LATENCY)
    control.apply("a", [Patch(toxic="lat_down", toxicity=0)])
    assert [call[0] for call in script.calls] == ["GET", "PATCH", "PATCH"]


def test_creating_is_not_sent_twice() -> None:
    control, script = scripted(requests.ConnectionError("dropped"))
    with pytest.raises(Gone):
        control.populate([SPEC])
    assert len(script.calls) == 1


def test_a_proxy_is_left_alone_for_a_while_after_it_closed_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(control_module.time, "sleep", slept.append)
    monkeypatch.setattr(control_module.clock, "now", lambda: 1_000_000_000)
    state = ok({"name": "a", "listen": "x", "upstream": "y", "enabled": True, "toxics": []})
    control, _ = scripted(state, state, LATENCY, LATENCY)
    with control.down("a"):
        pass
    assert slept == [0.2]
    control.apply("b", [Patch(toxic="lat_down", toxicity=0)])
    assert slept == [0.2]


def test_toxics_are_installed_in_the_order_given() -> None:
    control, script = scripted(*[LATENCY] * 2)
    control.add_toxics(
        "a",
        [
            Toxic(name="hold_down", type="bandwidth", stream="downstream", attributes={"rate": 0}),
            Toxic(name="lat_down", type="latency", stream="downstream"),
        ],
    )
    assert [call[2]["name"] for call in script.calls] == ["hold_down", "lat_down"]


def test_a_server_without_patch_is_found_out_by_trying() -> None:
    control, script = scripted(2, 13, 1, 31, 54)
    capabilities = control.probe()
    assert (capabilities.version, capabilities.patch, capabilities.packet_loss) == ("2.12.0", False, False)
    assert script.calls[1][2]["enabled"] is False


def test_health_is_asked_of_the_canary() -> None:
    control, script = scripted(16, JAMMED)
    assert control.healthy()
    assert not control.healthy()
    assert script.calls[0] == ("GET", "/proxies/streamproof-canary", None)
