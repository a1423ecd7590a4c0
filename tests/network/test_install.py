import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.network.install import (
    InstallError,
    asset_name,
    find_server,
    install_server,
    installed_path,
    parse_checksums,
    parse_go_version,
)

PC = ("Linux", "x86_64")
ASSET = "toxiproxy-server-linux-amd64"
BINARY = b"\x7fELF a server"


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_environment_names_the_server_first(tmp_path: Path) -> None:
    named = program(tmp_path / "mine")
    program(tmp_path / "bin" / "toxiproxy-server")
    environ = {"STREAMPROOF_TOXIPROXY": str(named), "PATH": str(tmp_path / "bin")}
    assert find_server(environ, tmp_path) == named


def test_then_path_then_the_cache_then_nothing(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin")}
    assert find_server(environ, tmp_path) is None
    cached = program(installed_path(tmp_path))
    assert find_server(environ, tmp_path) == cached
    on_path = program(tmp_path / "bin" / "toxiproxy-server")
    assert find_server(environ, tmp_path) == on_path


def test_the_word_builtin_asks_for_no_toxiproxy(tmp_path: Path) -> None:
    program(installed_path(tmp_path))
    assert find_server({"STREAMPROOF_TOXIPROXY": "builtin", "PATH": ""}, tmp_path) is None


def test_a_name_that_leads_nowhere_is_an_error_and_not_a_search(tmp_path: Path) -> None:
    environ = {"STREAMPROOF_TOXIPROXY": str(tmp_path / "gone"), "PATH": ""}
    with pytest.raises(
        InstallError, match=r"STREAMPROOF_TOXIPROXY=.*gone: no such program; correct or unset"
    ):
        find_server(environ, tmp_path)


@pytest.mark.parametrize(
    ("machine", "asset"),
    [
        (PC, ASSET),
        (("Linux", "aarch64"), "toxiproxy-server-linux-arm64"),
        (("Linux", "armv7l"), "toxiproxy-server-linux-armv7"),
        (("Darwin", "arm64"), "toxiproxy-server-darwin-arm64"),
        (("Windows", "AMD64"), "toxiproxy-server-windows-amd64.exe"),
    ],
)
def test_the_asset_of_a_platform(machine: tuple[str, str], asset: str) -> None:
    assert asset_name(*machine) == asset


@pytest.mark.parametrize("machine", [("Linux", "riscv64"), ("Plan9", "x86_64"), ("Windows", "ARM64")])
def test_a_platform_without_an_asset(machine: tuple[str, str]) -> None:
    with pytest.raises(InstallError, match="the release has no server for"):
        asset_name(*machine)


def test_go_versions() -> None:
    assert parse_go_version("go version go1.23.4 linux/amd64") == (1, 23)
    assert parse_go_version("go version devel +abc") is None


def test_checksums_with_and_without_the_star() -> None:
    assert parse_checksums("AB12  one\ncd34 *two\n\nnot a line of it at all\n") == {
        "one": "ab12",
        "two": "cd34",
    }


@contextmanager
def download_site(files: dict[str, bytes]) -> Iterator[str]:
    """A stand-in for the release page; the URL of its downloads."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def checksums(data: bytes) -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {ASSET}\n".encode()


@pytest.mark.slow
def test_a_release_that_matches_its_checksum_is_installed(tmp_path: Path) -> None:
    files = {f"/v2.12.0/{ASSET}": BINARY, "/v2.12.0/checksums.txt": checksums(BINARY)}
    with download_site(files) as url:
        path = install_server(tmp_path, {"PATH": ""}, url, PC)
    assert path.read_bytes() == BINARY
    assert find_server({"PATH": ""}, tmp_path) == path


@pytest.mark.slow
def test_the_download_site_can_be_named_in_the_environment(tmp_path: Path) -> None:
    files = {f"/v2.12.0/{ASSET}": BINARY, "/v2.12.0/checksums.txt": checksums(BINARY)}
    with download_site(files) as url:
        environ = {"PATH": "", "STREAMPROOF_TOXIPROXY_RELEASES": url}
        assert install_server(tmp_path, environ, machine=PC).is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {f"/v2.12.0/{ASSET}": b"tampered", "/v2.12.0/checksums.txt": checksums(BINARY)},
            "its checksums file says .* it was not kept",
        ),
        ({"/v2.12.0/checksums.txt": checksums(BINARY)}, f"{ASSET} answers 404"),
        ({f"/v2.12.0/{ASSET}": BINARY}, "checksums.txt answers 404"),
        (
            {f"/v2.12.0/{ASSET}": BINARY, "/v2.12.0/checksums.txt": b"ab  another\n"},
            f"does not list {ASSET}",
        ),
    ],
    ids=["wrong checksum", "no asset", "no checksums", "not listed"],
)
def test_nothing_unverified_is_kept(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    with download_site(files) as url, pytest.raises(InstallError, match=words):
        install_server(tmp_path, {"PATH": ""}, url, PC)
    assert list(tmp_path.iterdir()) == []


def test_a_platform_without_a_release_and_without_go_gets_one_message(tmp_path: Path) -> None:
    with pytest.raises(InstallError) as caught:
        install_server(tmp_path, {"PATH": ""}, "http://127.0.0.1:9", ("Linux", "riscv64"))
    assert str(caught.value) == (
        "no Toxiproxy 2.12.0 could be installed: there is no Go on PATH to build it with; "
        "the release has no server for Linux on riscv64. "
        "Put toxiproxy-server on PATH, or name it in STREAMPROOF_TOXIPROXY"
    )


def go(folder: Path, version: str, install: str) -> dict[str, str]:
    program(
        folder / "go",
        f'#!/bin/sh\nif [ "$1" = version ]; then echo "go version go{version} x/y"; exit; fi\n{install}\n',
    )
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.slow
def test_go_builds_the_pinned_version_and_its_server_gets_our_name(tmp_path: Path) -> None:
    environ = go(tmp_path / "bin", "1.23.1", 'echo "$1 $2" > "$GOBIN/server"')
    path = install_server(tmp_path / "cache", environ, "http://127.0.0.1:9", PC)
    assert path.name == "toxiproxy-server-2.12.0"
    assert path.read_text() == "install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0\n"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "install", "words"),
    [
        ("1.22.9", "true", "is older than 1.23"),
        ("1.23.0", "echo 'no network' >&2; exit 1", "failed: no network"),
        ("1.23.0", "true", "left no server"),
    ],
)
def test_a_go_that_cannot_build_falls_back_to_the_release(
    tmp_path: Path, version: str, install: str, words: str
) -> None:
    environ = go(tmp_path / "bin", version, install)
    with download_site({}) as url, pytest.raises(InstallError, match=f"{words}.*answers 404"):
        install_server(tmp_path / "cache", environ, url, PC)
    files = {f"/v2.12.0/{ASSET}": BINARY, "/v2.12.0/checksums.txt": checksums(BINARY)}
    with download_site(files) as url:
        assert install_server(tmp_path / "cache", environ, url, PC).read_bytes() == BINARY
