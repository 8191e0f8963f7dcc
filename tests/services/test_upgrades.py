"""Every row of an installation that started with the first migrations is there after the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.conftest import new_database
from tests.stack import Stack


@pytest.fixture(params=["sqlite", "postgres"])
def empty_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    if request.param == "sqlite":
        yield Stack(tmp_path)
        return
    with new_database() as address:
        yield Stack(tmp_path, DATABASE_URL=address)


def test_an_upgrade_keeps_every_row(empty_stack: Stack) -> None:
    def run(call: str) -> str:
        code = f"from tests.services import old_rows; {call}"
        return empty_stack.manage("shell", "--no-imports", "-c", code).strip()

    run("old_rows.write()")
    empty_stack.manage("migrate")

    assert run("print(old_rows.missing())") == "[]"
