"""What can be known to be wrong before anything is started, each with its place and fix."""

import difflib
import json
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

import harness.checks
import harness.dialects
import mock_provider.faults
import scenarios
from harness.dialects.dialect import Ask
from harness.load.arrivals import read_trace
from harness.metrics import objective_problem
from harness.network.layout import compile_plan
from harness.plan.plan import Plan
from harness.plan.reader import PlanError, load_plan
from harness.plan.target import Target
from harness.sockets import descriptor_limit, port_limit
from harness.stack.errors import StackError

SCENARIOS = Path(scenarios.__file__).parent
_SPARE = 64  # descriptors of a process that are no streams


def plan_path(given: Path) -> Path:
    """`given`, or the shipped plan of that name where there is no such file. Raises PlanError for a bare
    word that names neither, and for what is no plan."""
    if given.is_dir():
        raise PlanError(f"{given}: a folder; name the plan in it, as the one of a run: {given / 'plan.yaml'}")
    if given.suffix == ".py":
        raise _is_scenario(given)
    if given.exists() or len(given.parts) != 1:
        return given
    shipped = SCENARIOS / given.with_suffix(".yaml").name
    if not shipped.is_file() and not given.suffix:
        if given.name in _scenarios() or given.with_suffix(".py").is_file():
            raise _is_scenario(given)
        names = sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
        raise PlanError(
            f"{given}: no such file, and no shipped plan{_near(given.name, names)} "
            f"(there are: {', '.join(names)})"
        )
    return shipped if shipped.is_file() else given


def _is_scenario(given: Path) -> PlanError:
    shipped = [
        path.stem
        for path in sorted(SCENARIOS.glob("*.yaml"))
        if any(phase.scenario_name == given.stem for phase in load_plan(path).phases)
    ]
    return PlanError(
        f"{given}: a scenario, which says who the users are; name a plan (YAML) whose phases say "
        f"`scenario: {given.stem}`"
        + (f", or a shipped one that does: {', '.join(shipped)}" if shipped else "")
    )


def _scenarios() -> list[str]:
    return sorted(path.stem for path in SCENARIOS.glob("*.py") if not path.stem.startswith("_"))


def aimed_at(target: Target, url: str, flag: str) -> Target:
    """`target` at the address that `flag` of the command line gave. Raises PlanError."""
    try:
        return msgspec.structs.replace(target, url=url)
    except ValueError as error:
        raise PlanError(f"{flag}: {error}") from None


class Ready(msgspec.Struct, frozen=True):
    """What a run takes from its plan's surroundings."""

    scenarios: list[Path]
    prompts: list[str]
    whose_prompts: str


def check(plan: Plan, source: Path) -> Ready:
    """Everything that needs no process. Raises PlanError that names `source`, or StackError."""
    try:
        _check_names(plan)
        _check_whole(plan)
        _check_ramps(plan)
        _check_networks(plan)
        compile_plan(plan, plan.seed)
        _check_environment(plan)
        _check_traces(plan)
        _check_sockets(plan)
        ready = Ready(
            _scenario_files(plan, source.parent),
            _read_prompts(plan, source.parent),
            plan.target.prompts or "ours",
        )
    except PlanError as error:
        raise PlanError(f"{source}: {error}") from None
    if plan.provider is not None and plan.provider.port:
        _check_free(plan.provider.host, plan.provider.port)
    if plan.target.url is not None:
        _check_reachable(plan.target.url, plan.target.limits.connect_s)
    return ready


def _check_networks(plan: Plan) -> None:
    """A proxy forwards TCP; TLS through it would meet the proxy's address, not the certificate's name."""
    if plan.cohorts and (plan.target.url or "").startswith("https:"):
        raise PlanError(
            "target.url: an https target cannot be reached through a network proxy; "
            "give its plain http address, or leave the phases' network out"
        )


def _scenario_files(plan: Plan, beside: Path) -> list[Path]:
    """The Locust files of all phases, each once. Raises PlanError for one that is missing."""
    found: dict[str, Path] = {}
    for phase in plan.phases:
        path = _find(phase.scenario, beside)
        if path is None:
            known = _scenarios()
            raise PlanError(
                f"phase {phase.name}: there is no scenario {phase.scenario}{_near(phase.scenario, known)}; "
                f"looked for {phase.scenario}.py beside the plan and in {SCENARIOS}, "
                f"which has {', '.join(known)}"
            )
        if found.setdefault(path.stem, path) != path:
            raise PlanError(f"two scenario files are called {path.stem}: {found[path.stem]} and {path}")
    return list(found.values())


def _read_prompts(plan: Plan, beside: Path) -> list[str]:
    """The target's prompts: ours where the plan names no file. Raises PlanError naming file and line."""
    named = plan.target.prompts
    path = SCENARIOS / "prompts.jsonl" if named is None else beside / named
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise PlanError(
            f"target.prompts: {path} cannot be read: {error.strerror or error}; "
            'write one {"prompt": "…"} a line there, or leave the key out for ours'
        ) from None
    except UnicodeDecodeError as error:
        raise PlanError(f"target.prompts: {path} cannot be read: {error}; it must be UTF-8 text") from None
    prompts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            prompt = json.loads(line)["prompt"]
        except (ValueError, KeyError, TypeError):
            prompt = None
        if not isinstance(prompt, str):
            raise PlanError(f'{path}:{number}: not a prompt; a line is {{"prompt": "…"}}')
        prompts.append(prompt)
    if not prompts:
        raise PlanError(f'{path}: holds no prompts; write one {{"prompt": "…"}} a line')
    return prompts


def _check_names(plan: Plan) -> None:
    """Dialects, checks and metrics that a plan names must exist. Raises PlanError."""
    known("target.dialect", plan.target.dialect, harness.dialects.names())
    if plan.provider is not None:
        faults = mock_provider.faults.names()
        rules = [*plan.provider.faults, *(r for m in plan.provider.models.values() for r in m.faults)]
        for rule in rules:
            known("provider: faults", rule.id, faults)
    for phase in plan.phases:
        for name in phase.checks or ():
            known(f"phase {phase.name}: checks", name, harness.checks.names())
        for objective in phase.objectives:
            problem = objective_problem(objective.metric, objective.percent)
            if problem is not None:
                raise PlanError(f"phase {phase.name}: slo '{objective.text}': {problem}")


def _check_whole(plan: Plan) -> None:
    """Whole answers must have a place and a form of their own. Raises PlanError."""
    phase = next((phase for phase in plan.phases if not phase.streamed), None)
    if phase is None:
        return
    target = plan.target
    dialect = harness.dialects.load(target.dialect)
    path = target.whole_path or target.path or dialect.path
    streamed, whole = (dialect.request(Ask(prompt="", stream=stream), path) for stream in (True, False))
    same_place = whole.path == streamed.path.partition("?")[0]
    if target.whole_path is None and same_place and streamed.body in (b"", whole.body):
        raise PlanError(
            f"phase {phase.name}: streamed: false: whole answers in {target.dialect} have a path of "
            f"their own, and {path} does not tell which; name it in target.whole_path"
        )


def _check_ramps(plan: Plan) -> None:
    """Newcomers begin somewhere within the ramp; past the phase's end they never would. Raises PlanError."""
    there: tuple[str, int] = ("", 0)
    for phase in plan.phases:
        scenario, users = phase.scenario_name, phase.load.users or 0
        newcomers = users > (there[1] if scenario == there[0] else 0)
        if newcomers and phase.load.ramp_s > phase.duration_s:
            raise PlanError(
                f"phase {phase.name}: load.ramp_s is {phase.load.ramp_s:g}, longer than the phase's "
                f"duration_s of {phase.duration_s:g}; some of its users would never ask: shorten the ramp"
            )
        there = scenario, users


def _check_environment(plan: Plan) -> None:
    """The key that the target wants must be there. Raises PlanError."""
    name = plan.target.api_key_env
    if name is not None and not os.environ.get(name):
        raise PlanError(f"target.api_key_env: the environment has no {name}; set it to the target's key")


def _check_traces(plan: Plan) -> None:
    """Traces of arrivals must be there and hold times that lie within their phase. Raises PlanError."""
    for phase in plan.phases:
        if phase.load.trace is None:
            continue
        place = f"phase {phase.name}: load.trace"
        try:
            times = read_trace(Path(phase.load.trace))
        except OSError as error:
            problem = error.strerror or error
            raise PlanError(f"{place}: {phase.load.trace} cannot be read: {problem}") from None
        except ValueError as error:
            raise PlanError(f"{place}: {error}; write one time in seconds a line") from None
        if not ((times >= 0) & (times < phase.duration_s)).any():
            raise PlanError(
                f"{place}: {phase.load.trace} has no arrival within the phase's {phase.duration_s:g} s; "
                "times are seconds from the phase's start"
            )


def _check_sockets(plan: Plan) -> None:
    """All users must be able to stream at once. Raises PlanError.

    Arrivals at a rate are not counted: how long their streams are is what the run will tell.
    """
    phase = max(plan.phases, key=lambda phase: phase.load.users or 0)
    users = phase.load.users or 0
    place = f"phase {phase.name}: load.users: {users} users"
    ports = port_limit()
    if ports is not None and users > ports:
        raise PlanError(
            f"{place} need a port of this machine each, and it has {ports} for one address; "
            "widen net.ipv4.ip_local_port_range, or share the users among machines"
        )
    most = descriptor_limit()
    for part, wanted in _descriptors(plan, users).items():
        if most is not None and wanted + _SPARE > most:
            raise PlanError(
                f"{place} need {wanted + _SPARE} descriptors in {part}, and a process here may have {most}; "
                "raise the hard limit (`ulimit -Hn`, or LimitNOFILE of the service), or give it more workers"
            )


def _descriptors(plan: Plan, users: int) -> dict[str, int]:
    """How many the process of each part that we start needs when all of `users` stream."""
    wanted = {"a load process": -(-users // plan.workers)}
    if plan.cohorts:
        wanted["the network proxy"] = 2 * users
    if plan.target.url is None and plan.stack.system != "none":
        wanted[f"the system ({plan.stack.system})"] = 2 * users
    if plan.provider is not None:
        wanted["the mock provider"] = -(-users // plan.provider.workers)
    return wanted


def _check_free(host: str, port: int) -> None:
    """The mock provider's port must be free. Raises StackError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last run's connections do not count
        try:
            sock.bind((host, port))
        except OSError as error:
            raise StackError(
                f"the mock provider cannot listen on {host}:{port}: {error.strerror or error}; stop what "
                "listens there (another `streamproof mock`?), or choose another port with --provider-port "
                "or provider.port"
            ) from None


def _check_reachable(url: str, limit_s: float) -> None:
    """Something must accept connections at `url`. Raises StackError."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), limit_s):
            return
    except OSError as error:
        raise StackError(
            f"the target {url} cannot be reached: {error.strerror or error}; "
            "is it running, and is the address right?"
        ) from None


def _find(scenario: str, beside: Path) -> Path | None:
    file = scenario if scenario.endswith(".py") else f"{scenario}.py"
    return next((path for path in (beside / file, SCENARIOS / file) if path.is_file()), None)


def known(place: str, name: str, there: Iterable[str]) -> None:
    """Raises PlanError where `name`, written at `place`, is none of those that there are."""
    names = sorted(there)
    if name not in names:
        raise PlanError(f"{place}: there is no {name}{_near(name, names)} (there are: {', '.join(names)})")


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""
