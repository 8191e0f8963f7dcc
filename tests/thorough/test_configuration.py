"""Each setting of docs/configuration.md alone: a process of its own reads it and imports everything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.configured import VALUES
from tests.stack import MANAGE, ROOT, Stack


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_alone_stops_nothing(name: str, tmp_path: Path) -> None:
    environment = Stack(tmp_path / "data").environment | {name: VALUES[name]}

    checked = subprocess.run(
        [sys.executable, MANAGE, "check", "--deploy", "--fail-level", "ERROR"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert checked.returncode == 0, checked.stderr
    assert "Traceback" not in checked.stderr
