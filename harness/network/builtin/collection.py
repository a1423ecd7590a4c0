"""All proxies of a server, and what can be done to them; failures have the original's status and words."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from harness.network.builtin.go_json import BadBody, decode, decode_object, float32, integers, lower, take
from harness.network.builtin.proxy import ListenError, Proxy, resolved
from harness.network.builtin.stages import stage_types
from harness.network.builtin.toxic import InstalledToxic

KEPT = 10_000  # connections remembered for `/x/connections`


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status: int, message: str, proxies: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.proxies = status, message, proxies


class Collection:
    """The proxies by name. Nothing here waits for a connection, so none can hang it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seed: int | None = None,
        log: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        self.loop, self.proxies = loop, dict[str, Proxy]()
        self.seed = seed if seed is not None else random.SystemRandom().getrandbits(32)
        self.ended: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._log = log

    def _remember(self, truth: dict[str, Any]) -> None:
        self.ended.append(truth)
        if self._log is not None:
            self._log(truth)

    def _new(self, name: str, listen: str, upstream: str) -> Proxy:
        return Proxy(self.loop, name, listen, upstream, self.seed, self._remember)

    def find(self, name: str) -> Proxy:
        if name not in self.proxies:
            raise Refused(404, "proxy not found")
        return self.proxies[name]

    def shown(self) -> dict[str, Any]:
        return {name: self.proxies[name].shown() for name in sorted(self.proxies)}

    def create(self, body: bytes) -> Proxy:
        name, listen, upstream, enabled = _described(_read(decode_object, body), "")
        if name in self.proxies:
            raise Refused(409, "proxy already exists")
        proxy = self._new(name, listen, upstream)
        if enabled:
            _start(proxy)
        self.proxies[name] = proxy
        return proxy

    def populate(self, body: bytes) -> list[Proxy]:
        """Raises Refused with the proxies done so far, None before the first."""
        try:
            entries = decode(body)
            if not isinstance(entries, list):
                raise BadBody("cannot read anything but an array as proxies")
            wanted = [_described(lower(entry), f" at proxy {n}") for n, entry in enumerate(entries, 1)]
        except BadBody as error:
            raise Refused(400, f"bad request body: {error}") from None
        done: list[Proxy] = []
        for name, listen, upstream, enabled in wanted:
            try:
                done.append(self._add_or_replace(name, listen, upstream, enabled))
            except Refused as error:
                shown = [proxy.shown() for proxy in done] or None
                raise Refused(error.status, error.message, shown) from None
        return done

    def _add_or_replace(self, name: str, listen: str, upstream: str, enabled: bool) -> Proxy:
        old = self.proxies.get(name)
        if old is not None:
            if old.upstream == upstream and not _differ(old.listen, listen):
                return old
            old.stop()
        proxy = self._new(name, listen, upstream)
        if enabled:
            _start(proxy)
        self.proxies[name] = proxy
        return proxy

    def update(self, name: str, body: bytes) -> Proxy:
        proxy = self.find(name)
        values = _read(decode_object, body)
        try:
            listen = take(values, "listen", str, proxy.listen)
            upstream = take(values, "upstream", str, proxy.upstream)
            enabled = take(values, "enabled", bool, proxy.enabled)
        except BadBody as error:
            raise Refused(400, f"bad request body: {error}") from None
        if upstream != proxy.upstream or _differ(proxy.listen, listen):
            proxy.stop()
            proxy.listen, proxy.upstream = listen, upstream
        if enabled and not proxy.enabled:
            _start(proxy)
        elif not enabled:
            proxy.stop()
        return proxy

    def delete(self, name: str) -> None:
        self.find(name).stop()
        del self.proxies[name]

    def reset(self) -> None:
        """Everything enabled, no toxics. Goes on past a proxy that cannot listen, and then says so."""
        failures = []
        for proxy in self.proxies.values():
            for toxic in list(proxy.toxics):
                proxy.remove(toxic)
            try:
                proxy.start()
            except ListenError as error:
                failures.append(str(error))
        if failures:
            raise Refused(500, "; ".join(failures))

    def toxic(self, proxy: Proxy, name: str) -> InstalledToxic:
        toxic = proxy.toxic(name)
        if toxic is None:
            raise Refused(404, "toxic not found")
        return toxic

    def add_toxic(self, proxy: Proxy, body: bytes) -> InstalledToxic:
        values = _read(decode_object, body)
        try:
            kind = take(values, "type", str, "")
            stream = take(values, "stream", str, "downstream")
            toxicity = float32(take(values, "toxicity", float, 1.0))
            name = take(values, "name", str, "") or f"{kind}_{stream}"
            if stream.lower() not in ("upstream", "downstream"):
                raise Refused(400, "stream was invalid, can be either upstream or downstream")
            if kind not in stage_types():
                raise Refused(400, "invalid toxic type")
            if proxy.toxic(name) is not None:
                raise Refused(409, "toxic already exists")
            keys = stage_types()[kind].attributes
            given = integers(lower(values.get("attributes")), keys)
        except BadBody as error:
            raise Refused(400, f"bad request body: {error}") from None
        toxic = InstalledToxic(name, kind, stream, toxicity, {key: given.get(key, 0) for key in keys})
        proxy.add(toxic)
        return toxic

    def update_toxic(self, proxy: Proxy, name: str, body: bytes) -> InstalledToxic:
        """All of it or nothing: a bad value changes no other."""
        toxic = self.toxic(proxy, name)
        values = _read(decode_object, body)
        try:
            toxicity = float32(take(values, "toxicity", float, toxic.toxicity))
            given = integers(lower(values.get("attributes")), tuple(toxic.values))
        except BadBody as error:
            raise Refused(400, f"bad request body: {error}") from None
        toxic.toxicity = toxicity
        toxic.values.update(given)
        proxy.changed(toxic)
        return toxic

    def close(self) -> None:
        for proxy in self.proxies.values():
            proxy.stop()


def _read(reader: Callable[[bytes], dict[str, Any]], body: bytes) -> dict[str, Any]:
    try:
        return reader(body)
    except BadBody as error:
        raise Refused(400, f"bad request body: {error}") from None


def _described(values: dict[str, Any], where: str) -> tuple[str, str, str, bool]:
    try:
        name = take(values, "name", str, "")
        upstream = take(values, "upstream", str, "")
        listen = take(values, "listen", str, "")
        enabled = take(values, "enabled", bool, True)
    except BadBody as error:
        raise Refused(400, f"bad request body: {error}") from None
    for field, value in (("name", name), ("upstream", upstream)):
        if not value:
            raise Refused(400, f"missing required field: {field}{where}")
    return name, listen, upstream, enabled


def _differ(old: str, new: str) -> bool:
    return old != new and old != resolved(new)


def _start(proxy: Proxy) -> None:
    try:
        proxy.start()
    except ListenError as error:
        raise Refused(500, str(error)) from None
