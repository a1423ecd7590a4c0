"""One Toxiproxy server under control: toxiproxy-python where it serves, our own calls where it would harm.

The library creates, finds and deletes. It has no time limits, no PATCH, one global address, and lists
every proxy before each creation, so whatever happens while users are connected goes another way. A proxy
that stops answering is quarantined: further calls to it, and calls that touch all proxies, can hang the
whole API.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import toxiproxy
from requests.adapters import BaseAdapter
from toxiproxy.exceptions import ProxyExists

from harness import clock
from harness.network.api import READ_S, Api, library
from harness.network.chain import Toxic
from harness.network.errors import Conflict, ControlError, Gone, Invalid, Quarantined, Stuck, Unsupported
from harness.network.patches import Patch
from harness.network.validation import check_address, check_change, check_name, check_toxic

QUIET_NS = 200 * clock.MS  # a change sooner after a kill can jam the proxy
CANARY = "streamproof-canary"


class ProxySpec(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy to be created: listens at `listen`, connects to `upstream`, both ip:port."""

    name: str
    listen: str
    upstream: str
    enabled: bool = True


class ProxyState(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy as the server describes it."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: list[Toxic] = []


class PopulateFailed(ControlError):
    """Some proxies could not be created; `created` are the ones that were."""

    def __init__(self, message: str, created: list[ProxyState]) -> None:
        super().__init__(message)
        self.created = created


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a server can do, found by trying: a build from source gives no version to compare."""

    version: str
    patch: bool
    packet_loss: bool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """When a change was sent and when the server had answered all of it, ns."""

    sent_ns: int
    answered_ns: int


class ToxiproxyControl:
    """The control API at `host`:`port`. Safe for several threads; one call in flight per proxy."""

    def __init__(
        self, host: str, port: int, read_s: float = READ_S, transport: BaseAdapter | None = None
    ) -> None:
        self._api = Api(host, port, read_s, transport)
        self._turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._quiet_until: dict[str, int] = {}
        self._known: dict[tuple[str, str], Toxic] = {}
        self.quarantined: dict[str, str] = {}  # name -> what happened; "*" is a call that names no proxy
        self.tainted: dict[str, str] = {}  # name -> why its numbers are not to be trusted

    @property
    def address(self) -> str:
        return f"{self._api.host}:{self._api.port}"

    def close(self) -> None:
        self._api.close()

    def version(self) -> str:
        """As the server says; a build from source says `git`. Answers even when proxies are jammed."""
        answer = self._api.request("GET", "/version")
        return str(answer.json()["version"])

    def probe(self) -> Capabilities:
        """Try the server out on a disabled proxy, which stays as the canary of `healthy`."""
        with suppress(Conflict):
            self.create(ProxySpec(name=CANARY, listen="127.0.0.1:0", upstream="127.0.0.1:9", enabled=False))
        path = f"/proxies/{CANARY}"
        return Capabilities(
            version=self.version(),
            patch=self._accepts("PATCH", path, {"enabled": False}),
            packet_loss=self._accepts("POST", path + "/toxics", {"type": "packet_loss", "toxicity": 0}),
        )

    def healthy(self) -> bool:
        """The collection of proxies still answers. Needs `probe` before; `/version` would prove nothing."""
        try:
            self._api.request("GET", f"/proxies/{CANARY}")
        except ControlError:
            return False
        return True

    def create(self, spec: ProxySpec) -> ProxyState:
        """Create one proxy. Slow when there are many; see `populate`."""
        _check_spec(spec)
        with self._whole_server(), library(self._api):
            try:
                made = toxiproxy.Toxiproxy().create(
                    upstream=spec.upstream, name=spec.name, listen=spec.listen, enabled=spec.enabled
                )
            except ProxyExists:
                raise Conflict(f"proxy {spec.name} exists on {self.address} already") from None
        return ProxyState(name=made.name, listen=made.listen, upstream=made.upstream, enabled=made.enabled)

    def find(self, name: str) -> ProxyState | None:
        """The proxy of that name, without its toxics."""
        with self._whole_server(), library(self._api):
            found = toxiproxy.Toxiproxy().get_proxy(name)
        if found is None:
            return None
        return ProxyState(name=name, listen=found.listen, upstream=found.upstream, enabled=found.enabled)

    def delete(self, name: str) -> None:
        """Remove a proxy and close its connections."""
        with self._turn(name), library(self._api):
            toxiproxy.Proxy(name=name, upstream="", listen="", enabled=True).destroy()

    def populate(self, specs: Iterable[ProxySpec]) -> list[ProxyState]:
        """Create all of `specs` in one call, enabled as they say and free of toxics.

        Raises PopulateFailed with those that were made before the failure.
        """
        wanted = list(specs)
        for spec in wanted:
            _check_spec(spec)
        with self._whole_server():
            try:
                answer = self._api.request("POST", "/populate", [msgspec.to_builtins(s) for s in wanted])
            except (Stuck, Gone):
                raise
            except ControlError as error:
                names = {spec.name for spec in wanted}
                left = [state for state in self._list().values() if state.name in names]
                raise PopulateFailed(str(error), left) from error
        made = {state.name: state for state in _states(answer.json()["proxies"] or [])}
        for spec in wanted:
            self._check_made(spec, made[spec.name])
        return [made[spec.name] for spec in wanted]

    def toxics(self, name: str) -> list[Toxic]:
        """The toxics of a proxy: upstream first, each stream in creation order."""
        with self._turn(name):
            answer = self._api.request("GET", f"/proxies/{name}/toxics")
        return msgspec.convert(answer.json(), list[Toxic])

    def add_toxics(self, name: str, toxics: Iterable[Toxic], static: bool = False) -> None:
        """Install `toxics` in order. Only before the first client connects: later it redraws every chance."""
        chain = list(toxics)
        for toxic in chain:
            check_toxic(toxic, static)
        with self._turn(name):
            for toxic in chain:
                self._api.request("POST", f"/proxies/{name}/toxics", toxic.body())
                self._known[name, toxic.name] = toxic

    def apply(self, name: str, patches: Iterable[Patch]) -> Done:
        """PATCH a proxy and its toxics in order, in one turn. All are checked before the first is sent."""
        changes = list(patches)
        with self._turn(name):
            for patch in changes:
                self._check(name, patch)
            if changes:
                self._wait_until_quiet(name)
            sent = clock.now()
            for patch in changes:
                self._patch(name, patch)
            return Done(sent_ns=sent, answered_ns=clock.now())

    @contextmanager
    def down(self, name: str) -> Iterator[None]:
        """Take a proxy down for the length of the block; its connections are closed."""
        self.apply(name, [Patch(enabled=False)])
        try:
            yield
        finally:
            self.apply(name, [Patch(enabled=True)])

    def _accepts(self, method: str, path: str, body: Mapping[str, Any]) -> bool:
        try:
            self._api.request(method, path, body)
        except (Unsupported, Invalid):
            return False
        return True

    def _list(self) -> dict[str, ProxyState]:
        answer = self._api.request("GET", "/proxies")
        return {state.name: state for state in _states(list(answer.json().values()))}

    def _check_made(self, spec: ProxySpec, state: ProxyState) -> None:
        """The server leaves an equal proxy alone, with its toxics and whatever `enabled` it had."""
        if state.toxics:
            raise Invalid(f"proxy {spec.name} was there before, with toxics; delete it first")
        if state.enabled != spec.enabled:
            self.apply(spec.name, [Patch(enabled=spec.enabled)])

    def _check(self, name: str, patch: Patch) -> None:
        if patch.toxic is None:
            if patch.enabled is None:
                raise Invalid(f"{name}: a change of a proxy is `enabled`; its addresses stay as they are")
            return
        if (name, patch.toxic) not in self._known:
            answer = self._api.request("GET", f"/proxies/{name}/toxics/{patch.toxic}")
            self._known[name, patch.toxic] = msgspec.convert(answer.json(), Toxic)
        check_change(self._known[name, patch.toxic], patch.attributes, patch.toxicity)

    def _patch(self, name: str, patch: Patch) -> None:
        path = f"/proxies/{name}" + (f"/toxics/{patch.toxic}" if patch.toxic is not None else "")
        try:
            answer = self._api.request("PATCH", path, patch.body())
        except Invalid as error:
            # Attributes are written in place: a refused change may have been applied by half.
            self.tainted[name] = str(error)
            if patch.toxic is not None:
                now = self._api.request("GET", path)
                self._known[name, patch.toxic] = msgspec.convert(now.json(), Toxic)
            raise
        if patch.toxic is not None:
            self._known[name, patch.toxic] = msgspec.convert(answer.json(), Toxic)
        if patch.closes:
            self._quiet_until[name] = clock.now() + QUIET_NS

    def _wait_until_quiet(self, name: str) -> None:
        left_ns = self._quiet_until.get(name, 0) - clock.now()
        if left_ns > 0:
            time.sleep(left_ns / clock.SECOND)

    @contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        """One call in flight per proxy; a stuck one puts the proxy under quarantine."""
        check_name(name)
        with self._turns[name]:
            if name in self.quarantined:
                raise Quarantined(f"proxy {name} is quarantined: {self.quarantined[name]}")
            try:
                yield
            except Stuck as error:
                self.quarantined[name] = self.tainted[name] = str(error)
                raise

    @contextmanager
    def _whole_server(self) -> Iterator[None]:
        """A call that visits every proxy; one jammed proxy would hang it."""
        if self.quarantined:
            names = ", ".join(sorted(self.quarantined))
            raise Quarantined(f"{self.address} has jammed proxies ({names}); restart it first")
        try:
            yield
        except Stuck as error:
            self.quarantined["*"] = str(error)
            raise


def _check_spec(spec: ProxySpec) -> None:
    check_name(spec.name)
    check_address(spec.listen, f"proxy {spec.name}: listen", port_zero=True)
    check_address(spec.upstream, f"proxy {spec.name}: upstream")


def _states(raw: list[Any]) -> list[ProxyState]:
    return msgspec.convert(raw, list[ProxyState])
