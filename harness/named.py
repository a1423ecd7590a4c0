"""One thing a file, found by the file's name: how a package offers what its files hold. Pure.

A new file is all that a new member takes; nothing lists them. A file without the family's attribute is a
room that members share, and no member.
"""

import importlib
import pkgutil
from typing import Generic, TypeVar

T = TypeVar("T")


def files(package: str) -> list[str]:
    """The names of the modules in `package`, in order, less packages within it; none is imported."""
    path = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(path) if not module.ispkg)


class Family(Generic[T]):
    """The values called `attribute` in the modules of `package`, which are looked for when first asked for.

    What was found is kept: looking into a folder costs more than all else about a request. A room that needs
    a member imports it under another name, or it would be taken for one.
    """

    def __init__(self, package: str, attribute: str) -> None:
        self._package, self._attribute = package, attribute
        self._files: list[str] | None = None
        self._names: list[str] | None = None
        self._loaded: dict[str, T] = {}

    def names(self) -> list[str]:
        """Every member there is, by name. All files are imported, to see which of them are members."""
        if self._names is None:
            self._names = [name for name in self._all_files() if self._find(name)]
        return list(self._names)

    def load(self, name: str) -> T:
        """The member called `name`; no other file is imported. Raises KeyError where there is none."""
        if name not in self._loaded and not (name in self._all_files() and self._find(name)):
            raise KeyError(name)
        return self._loaded[name]

    def _all_files(self) -> list[str]:
        if self._files is None:
            self._files = files(self._package)
        return self._files

    def _find(self, name: str) -> bool:
        module = importlib.import_module(f"{self._package}.{name}")
        if not hasattr(module, self._attribute):
            return False
        self._loaded[name] = getattr(module, self._attribute)
        return True
