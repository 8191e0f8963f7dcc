"""Every action that is recorded in the audit log has words, which are translated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from accounts.audit_actions import ACTIONS


def recorded_actions() -> Iterator[str]:
    """The texts of the form noun.past_participle in every call of `AuditEntry.record`."""
    for path in product_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "AuditEntry.record":
                yield from texts_of(node.args[1])


def product_files() -> Iterator[Path]:
    for app in apps.get_app_configs():
        folder = Path(app.path)
        if folder.parent == settings.BASE_DIR:
            yield from folder.rglob("*.py")


def texts_of(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
            yield part.value


def test_every_recorded_action_has_words() -> None:
    found = set(recorded_actions())

    assert len(found) > 20
    assert found - set(ACTIONS) == set()


def test_the_documentation_lists_every_action() -> None:
    listed = (settings.BASE_DIR / "docs" / "operations.md").read_text()

    assert [action for action in ACTIONS if f"`{action}`" not in listed] == []
