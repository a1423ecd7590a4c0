"""The script behind `make test` that gets what only tests need, or says what is missing."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "debian_packages.sh"


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def run(folder: Path) -> str:
    """What the script says where `folder` is all of PATH; the sbin folders may hold nginx and HAProxy."""
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def world(tmp_path: Path) -> Path:
    program(tmp_path, "id", "echo 0")
    program(tmp_path, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    return tmp_path


def test_root_with_apt_installs_what_is_missing(world: Path):
    said = run(world)
    assert said.startswith("Installing Debian packages for tests:")
    update, install = (world / "asked").read_text().splitlines()
    assert update.split()[0] == "update"
    assert install.split()[0] == "install"
    assert "chromium" in install.split()


def test_what_is_there_is_not_asked_for(world: Path):
    for name in ("nginx", "haproxy", "chromium"):
        program(world, name, "")
    assert run(world) == ""
    assert not (world / "asked").exists()


@pytest.mark.parametrize("hindrance", ["no root", "no apt", "apt fails"])
def test_elsewhere_it_names_the_packages_in_one_line_and_goes_on(world: Path, hindrance: str):
    match hindrance:
        case "no root":
            program(world, "id", "echo 1000")
        case "no apt":
            (world / "apt-get").unlink()
        case _:
            program(world, "apt-get", "exit 100")
    last = run(world).splitlines()[-1]
    assert last.startswith("Tests that need these Debian packages are skipped:")
    assert "chromium" in last
