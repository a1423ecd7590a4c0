"""How `streamproof` was called, for the lines that say how to call it again."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

NAME = "streamproof"


def program(called: str) -> str:
    """What starts the command in the caller's shell, where `called` is its `sys.argv[0]`.

    The bare name only where the shell would find this very script by it; else the script as it was named,
    or, of `python -m`, the one beside that interpreter.
    """
    script = called if Path(called).name == NAME else str(Path(sys.executable).with_name(NAME))
    if not Path(script).is_file():
        return NAME
    found = shutil.which(NAME)
    return NAME if found is not None and os.path.samefile(found, script) else script


def again(argv: Sequence[str], *words: str) -> str:
    """A line for a shell that calls `words`, or without any the same as before, as `argv` was called."""
    return shlex.join([*argv[:1], *words] if words else argv)
