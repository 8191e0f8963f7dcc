"""Markup is written in templates: no module of the pages and feeds builds HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A rendered template is markup of a template; only its text may be trimmed.
MARKUP = re.compile(r"format_html|mark_safe\((?!render_to_string\()|[\"']</?[a-z]+[ />]")
MODULES = sorted(
    path
    for folder in ("studio", "archive", "displays/feeds")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_builds_html(path: Path) -> None:
    found = [line for line in path.read_text().splitlines() if MARKUP.search(line)]

    assert found == []
