"""The patches that break promises replace things that exist: a renamed one would break nothing."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

SABOTAGE = Path(__file__).resolve().parents[1] / "sabotage"
PATCHES = sorted(path for path in SABOTAGE.glob("*.py") if "TARGET = " in path.read_text())


def replaced_names(tree: ast.Module) -> list[str]:
    """`module.sweep`, `tasks.check`: what a patch assigns to, as it is written."""
    targets = [t for node in ast.walk(tree) if isinstance(node, ast.Assign) for t in node.targets]
    return [ast.unparse(target) for target in targets if isinstance(target, ast.Attribute)]


def imported_modules(tree: ast.Module) -> dict[str, str]:
    return {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }


@pytest.mark.parametrize("path", PATCHES, ids=[path.stem for path in PATCHES])
def test_a_patch_replaces_what_exists(path: Path) -> None:
    tree = ast.parse(path.read_text())
    target = importlib.import_module(path.read_text().split('TARGET = "')[1].split('"')[0])
    aliases = {"module": target, "attempts": getattr(target, "Attempt", None)}
    names = replaced_names(tree)

    assert names
    for name in names:
        root, *attributes = name.split(".")
        value: object = aliases.get(root)
        if value is None:
            value = importlib.import_module(imported_modules(tree)[root])
        for attribute in attributes:
            assert hasattr(value, attribute), f"{path.name} replaces {name}"
            value = getattr(value, attribute)
