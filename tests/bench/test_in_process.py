"""Calls into a process of a measured stack."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.in_process.client import InProcessClient
from bench.rows import NotMeasured


def test_results_are_returned_and_errors_are_described(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PANIC_DATA_DIR": str(tmp_path)}

    with InProcessClient({**environment, "DJANGO_SETTINGS_MODULE": "panic.settings"}) as in_process:
        text = in_process.call("copying.text", prefix="s", number="7")
        with pytest.raises(NotMeasured, match="wait_for_chain: OperationalError: no such table"):
            in_process.call("chains.wait_for_chain", run=1, hops=1)
        with pytest.raises(NotMeasured, match="ModuleNotFoundError"):
            in_process.call("nowhere.nothing")

    assert text == "'s' || (7)"


def test_a_process_that_has_ended_is_not_measured(tmp_path: Path) -> None:
    with (
        InProcessClient(
            {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "HOME": "-"}
        ) as in_process,
        pytest.raises(NotMeasured, match="has ended"),
    ):
        in_process.call("copying.text", prefix="s", number="7")
