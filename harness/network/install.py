"""Finds the Toxiproxy server, or gets the pinned one: built by Go, else the published binary, verified."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from harness.problem import Problem

VERSION = "2.12.0"
NAME = "toxiproxy-server"
BUILTIN = "builtin"  # in STREAMPROOF_TOXIPROXY: use no Toxiproxy, even if there is one
MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{VERSION}"
RELEASES = "https://github.com/Shopify/toxiproxy/releases/download"
GO_AT_LEAST = (1, 23)
BUILD_LIMIT_S = 300
DOWNLOAD_LIMIT_S = (10, 60)  # to connect, between two reads

_ROOT = Path(__file__).parents[2]
_SYSTEMS = {name: name for name in ("linux", "darwin", "windows", "freebsd", "netbsd", "openbsd")}
_SYSTEMS["sunos"] = "solaris"
_MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "armv6l": "armv6",
    "armv7l": "armv7",
}


class InstallError(Problem):
    """No server could be had; the text says what was tried and what to do."""


def default_cache() -> Path:
    """`.cache/streamproof` of a checkout, else the user's cache folder."""
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT / ".cache" / "streamproof"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "streamproof"


def find_server(environ: Mapping[str, str] = os.environ, cache: Path | None = None) -> Path | None:
    """The server that STREAMPROOF_TOXIPROXY names, else one on PATH, else the one in `cache`.

    None too where STREAMPROOF_TOXIPROXY says `builtin`. Raises InstallError if it names something else that
    cannot be run.
    """
    named = environ.get("STREAMPROOF_TOXIPROXY")
    if named == BUILTIN:
        return None
    if named:
        if not _runs(Path(named)):
            raise InstallError(f"STREAMPROOF_TOXIPROXY={named}: no such program; correct or unset it")
        return Path(named)
    on_path = shutil.which(NAME, path=environ.get("PATH", ""))
    if on_path is not None:
        return Path(on_path)
    cached = installed_path(cache or default_cache())
    return cached if _runs(cached) else None


def installed_path(cache: Path) -> Path:
    """Where `install_server` puts the server; the version is in the name, so a new pin is a new file."""
    return cache / f"{NAME}-{VERSION}"


def install_server(
    cache: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    releases: str | None = None,
    machine: tuple[str, str] | None = None,
) -> Path:
    """Put the pinned server into `cache` and return its path.

    Built with Go where PATH has one that is new enough, else taken from `releases` (default: the project's
    release page, or STREAMPROOF_TOXIPROXY_RELEASES) for `machine`, (system, processor) as `platform` names
    them. Raises InstallError with everything that was tried.
    """
    target = installed_path(cache or default_cache())
    target.parent.mkdir(parents=True, exist_ok=True)
    releases = releases or environ.get("STREAMPROOF_TOXIPROXY_RELEASES") or RELEASES
    tried: list[str] = []
    system = machine or (platform.system(), platform.machine())
    ways: list[Callable[[Path], Path]] = [
        lambda folder: _build(folder, environ),
        lambda folder: _download(folder, releases, system),
    ]
    for way in ways:
        # Beside the target: a rename within one file system is whole or not at all.
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            try:
                got = way(Path(folder))
            except InstallError as error:
                tried.append(str(error))
                continue
            got.chmod(0o755)
            got.replace(target)
            return target
    raise InstallError(
        f"no Toxiproxy {VERSION} could be installed: {'; '.join(tried)}. "
        f"Put {NAME} on PATH, or name it in STREAMPROOF_TOXIPROXY"
    )


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _build(folder: Path, environ: Mapping[str, str]) -> Path:
    go = shutil.which("go", path=environ.get("PATH", ""))
    if go is None:
        raise InstallError("there is no Go on PATH to build it with")
    version = parse_go_version(_output([go, "version"], environ))
    if version is None or version < GO_AT_LEAST:
        raise InstallError(f"Go at {go} is older than {GO_AT_LEAST[0]}.{GO_AT_LEAST[1]}")
    _output([go, "install", MODULE], {**environ, "GOBIN": str(folder)})
    built = folder / ("server.exe" if os.name == "nt" else "server")  # Go names it after its folder
    if not built.is_file():
        raise InstallError(f"`go install {MODULE}` left no {built.name}; GOOS and GOARCH must be the host's")
    return built


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command line, no shell
            command, env=dict(environ), capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=True
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise InstallError(f"`{' '.join(command)}` failed: {last}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"`{' '.join(command)}` failed: {error}") from None
    return done.stdout


def parse_go_version(text: str) -> tuple[int, int] | None:
    """(1, 23) of `go version go1.23.4 linux/amd64`; None if it is not that."""
    match = re.search(r"\bgo(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def asset_name(system: str, processor: str) -> str:
    """The release's file for a platform. Raises InstallError where there is none."""
    os_name, arch = _SYSTEMS.get(system.lower()), _MACHINES.get(processor.lower())
    if os_name is None or arch is None or (os_name == "windows" and arch != "amd64"):
        raise InstallError(f"the release has no server for {system} on {processor}")
    return f"{NAME}-{os_name}-{arch}" + (".exe" if os_name == "windows" else "")


def parse_checksums(text: str) -> dict[str, str]:
    """File name -> SHA-256 in hex, from lines as `sha256sum` writes them."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[1].lstrip("*"): pair[0].lower() for pair in pairs if len(pair) == 2}


def _download(folder: Path, releases: str, machine: tuple[str, str]) -> Path:
    asset = asset_name(*machine)
    base = f"{releases.rstrip('/')}/v{VERSION}"
    wanted = parse_checksums(_fetch(f"{base}/checksums.txt").decode("utf-8", "replace")).get(asset)
    if wanted is None:
        raise InstallError(f"{base}/checksums.txt does not list {asset}")
    data = _fetch(f"{base}/{asset}")
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise InstallError(
            f"{base}/{asset} has the SHA-256 {found}, its checksums file says {wanted}; it was not kept"
        )
    target = folder / asset
    target.write_bytes(data)
    return target


def _fetch(url: str) -> bytes:
    try:
        answer = requests.get(url, timeout=DOWNLOAD_LIMIT_S)
        answer.raise_for_status()
    except requests.HTTPError as error:
        raise InstallError(f"{url} answers {error.response.status_code}") from None
    except requests.RequestException as error:
        raise InstallError(f"{url} cannot be fetched: {type(error).__name__}") from None
    return answer.content
