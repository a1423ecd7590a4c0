"""Where servers are installed. Debian puts them into sbin folders that an ordinary user's PATH lacks."""

import os
import shutil
from pathlib import Path

_ALSO = ("/usr/sbin", "/usr/local/sbin")


def find_binary(name: str) -> Path | None:
    """The program `name` from PATH or an sbin folder; None where there is none."""
    folders = [*os.get_exec_path(), *_ALSO]
    found = shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None
