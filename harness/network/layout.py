"""One proxy for each cohort of each phase, with every toxic in place before anybody connects."""

import hashlib
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain as joined

from harness.network.api import PARALLEL
from harness.network.chain import standard_chain
from harness.network.control import PopulateFailed, ProxySpec, ToxiproxyControl
from harness.network.errors import Invalid
from harness.network.journeys import Operation, compile_journey, resolve_links
from harness.network.profiles import load_profiles
from harness.plan.plan import Plan

Key = tuple[str, str]  # names of a phase and of a cohort in it

# Above 32768 the kernel hands out ports to clients, and a client may take the port between our look and
# the proxy's bind.
LOWEST_PORT, HIGHEST_PORT = 20_000, 32_767
TRIES = 3


def proxy_name(phase: str, cohort: str) -> str:
    """A name that the API can address, unique even where phase and cohort have odd characters."""
    digest = hashlib.sha256(f"{phase}\0{cohort}".encode()).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{phase}.{cohort}")[:50].strip("-") or "cohort"
    return f"{words}.{digest}"


def compile_plan(plan: Plan, seed: int) -> dict[Key, list[Operation]]:
    """What happens to every cohort's path, by phase and cohort. Pure. Raises PlanError."""
    profiles = load_profiles()
    return {
        (phase.name, cohort.name): compile_journey(plan.network, cohort, phase.duration_s, seed, profiles)
        for phase in plan.phases
        for cohort in phase.network
    }


def lay_out(plan: Plan, seed: int, upstream: tuple[str, int], control: ToxiproxyControl) -> dict[Key, str]:
    """Create the proxies of `plan` in front of `upstream`; the URL of each, by phase and cohort.

    A host name is looked up once, here. Raises PlanError for a journey that cannot be played, ControlError
    if the server refuses or the host is unknown.
    """
    compile_plan(plan, seed)  # a bad journey is refused before a proxy exists
    links = resolve_links(plan.network, load_profiles())
    keys = [(phase.name, cohort) for phase in plan.phases for cohort in phase.network]
    chains = {
        proxy_name(phase, cohort.name): standard_chain(plan.network.journeys[cohort.journey], links)
        for phase, cohort in keys
    }
    listens = _populate(control, list(chains), literal(*upstream))
    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(lambda name: control.add_toxics(name, chains[name]), chains):
            pass  # raises the first failure
    return {
        (phase, cohort.name): f"http://{listens[proxy_name(phase, cohort.name)]}" for phase, cohort in keys
    }


def literal(host: str, port: int) -> str:
    """ip:port of a host, as proxies want it; IPv4 where there is a choice. Raises Invalid."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Invalid(f"the system's host {host} cannot be looked up: {error}") from None
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return f"{address[0]}:{port}" if family == socket.AF_INET else f"[{address[0]}]:{port}"


def _populate(control: ToxiproxyControl, names: list[str], upstream: str) -> dict[str, str]:
    """Another program may take a port in the meantime; then the whole set moves to other ports."""
    for attempt in range(TRIES):
        specs = [
            ProxySpec(name=name, listen=f"127.0.0.1:{port}", upstream=upstream)
            for name, port in zip(names, free_ports(len(names)), strict=True)
        ]
        try:
            return {state.name: state.listen for state in control.populate(specs)}
        except PopulateFailed as error:
            for state in error.created:
                control.delete(state.name)
            if attempt == TRIES - 1 or "address already in use" not in str(error):
                raise
    raise AssertionError("unreachable")


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """`count` different ports on which nobody listens, below the range of the kernel's own choices.

    Where to begin depends on the process, so that runs side by side seldom meet.
    """
    with ExitStack() as held:
        ports: list[int] = []
        for port in _candidates():
            if len(ports) == count:
                return ports
            probe = held.enter_context(socket.socket())
            try:
                probe.bind((host, port))
            except OSError:
                continue
            ports.append(port)
        if len(ports) == count:
            return ports
    raise OSError(f"fewer than {count} free ports between {LOWEST_PORT} and {HIGHEST_PORT} on {host}")


def _candidates() -> Iterator[int]:
    span = HIGHEST_PORT - LOWEST_PORT + 1
    start = LOWEST_PORT + (os.getpid() * 97) % span
    return joined(range(start, HIGHEST_PORT + 1), range(LOWEST_PORT, start))
