"""The settings of an installation behind HTTPS, as Django's own deployment check judges them."""

from __future__ import annotations

from pathlib import Path

from tests.stack import Stack


def test_the_settings_do_on_the_open_internet(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", PUBLIC_URL="https://panic.example")
    (stack.data_dir / "static").mkdir(parents=True)

    said = stack.manage("check", "--deploy", "--fail-level", "WARNING")

    assert "no issues" in said
