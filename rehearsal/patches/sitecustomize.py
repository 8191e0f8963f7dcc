"""Copied into a folder beside some patches, which is put on a stack's PYTHONPATH.

Python imports it at every start. A patch is a module with a `TARGET`, the name of the module to
patch, and `apply(module)`, which is called as soon as that module has been imported.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

Patch = Callable[[ModuleType], None]
patches: dict[str, list[Patch]] = {}


class Finder(importlib.abc.MetaPathFinder):
    """Finds modules on the path and wraps the loader of those that have patches."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in patches:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = Loader(spec.loader, patches[name])
        return spec


class Loader(importlib.abc.Loader):
    def __init__(self, inner: importlib.abc.Loader, to_apply: list[Patch]) -> None:
        self._inner = inner
        self._to_apply = to_apply

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        for apply in self._to_apply:
            apply(module)


for _file in sorted(Path(__file__).parent.glob("*.py")):
    if _file.stem != Path(__file__).stem:
        _patch = importlib.import_module(_file.stem)
        patches.setdefault(_patch.TARGET, []).append(_patch.apply)
sys.meta_path.insert(0, Finder())
