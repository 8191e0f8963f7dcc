"""Asking a process inside an installation."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.inside.client import Inside
from bench.rows import NotMeasured


@pytest.mark.processes
def test_answers_come_back_and_errors_say_what_happened(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PANIC_DATA_DIR": str(tmp_path)}

    with Inside({**environment, "DJANGO_SETTINGS_MODULE": "panic.settings"}) as inside:
        text = inside.ask("copying.text", prefix="s", number="7")
        with pytest.raises(NotMeasured, match="wait: OperationalError: no such table"):
            inside.ask("chains.wait", run=1, hops=1)
        with pytest.raises(NotMeasured, match="ModuleNotFoundError"):
            inside.ask("nowhere.nothing")

    assert text == "'s' || (7)"


def test_a_process_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with (
        Inside({"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "HOME": "-"}) as inside,
        pytest.raises(NotMeasured, match="is gone"),
    ):
        inside.ask("copying.text", prefix="s", number="7")
