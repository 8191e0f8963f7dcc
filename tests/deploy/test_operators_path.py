"""What the operator's path takes from the document: a block that is missing is noticed before anything is started."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/operators_path.py"
script = SimpleNamespace(**runpy.run_path(str(SCRIPT), run_name="operators_path"))


def test_it_takes_the_blocks_as_they_stand() -> None:
    assert script.blocks("HTTPS behind nginx", "sh")[0].startswith("PUBLIC_URL=https://")
    assert "proxy_pass http://127.0.0.1:8000;" in script.blocks("HTTPS behind nginx", "nginx")[0]
    assert script.blocks("Upgrading", "sh")[0].startswith("python manage.py backup --to")
    assert "manage.py restore" in script.blocks("Putting one back", "sh")[0]


def test_a_section_that_is_gone_is_said() -> None:
    with pytest.raises(SystemExit, match="has no section"):
        script.section("Levitation")


def test_each_command_that_this_machine_cannot_do_is_still_in_the_document(tmp_path: Path) -> None:
    machine = script.Machine(tmp_path, "one")
    titles = ("HTTPS behind nginx", "Upgrading", "Putting one back")
    said = "\n".join(block for title in titles for block in script.blocks(title, "sh"))

    assert {command for command in machine.instead if command not in said.splitlines()} == set()
    assert {there for there in machine.replaced if there not in script.DOCUMENT} == set()
