"""The examples of property tests are the same in every process, unless new ones are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TRIES = """
import sys
from hypothesis import given, settings, strategies as st
from tests.examples import use_same_examples

use_same_examples()
profile, *modules = sys.argv[1:]
settings.load_profile(profile)
for name in modules:
    __import__(name)

@given(st.text(), st.integers(), st.floats(), st.sets(st.binary()))
def tried(text, number, measure, pieces):
    print(ascii((text, number, measure, sorted(pieces))))

tried()
"""


def examples(profile: str, *modules: str, order: int = 0) -> str:
    """What a process tries that has these modules loaded; `order` decides that of its sets."""
    done = subprocess.run(
        [sys.executable, "-c", TRIES, profile, *modules],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONHASHSEED": str(order)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_other_tests_and_other_machines_try_the_same_examples() -> None:
    alone = examples("deterministic")

    assert len(alone.splitlines()) == 100
    assert examples("deterministic", "lib.redaction", "local_models.address", order=1) == alone


def test_new_examples_are_tried_on_request() -> None:
    assert examples("random") != examples("random")
