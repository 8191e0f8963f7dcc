from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import pacing


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 1), (599.9, 1), (600, 15), (3599, 15), (3600, 600), (1e9, 600)]
)
def test_the_default_slows_down_with_age(age: float, seconds: float) -> None:
    assert pacing.delay(pacing.default(), age) == seconds


def test_no_pacing_is_no_delay() -> None:
    assert pacing.delay([], 5) == 0


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_an_older_run_is_never_faster(one: float, other: float) -> None:
    younger, older = sorted((one, other))

    assert pacing.delay(pacing.default(), younger) <= pacing.delay(pacing.default(), older)


def test_problems_are_told_in_words() -> None:
    steps: list[pacing.Step] = [
        {"until_seconds": 10, "delay_seconds": -1},
        {"until_seconds": None, "delay_seconds": 1},
        {"until_seconds": 5, "delay_seconds": 1},
    ]

    assert pacing.problems(steps) == [
        "Pacing step 1: the delay must lie between 0 and 86,400 seconds.",
        "Pacing step 2: only the last step may have no end.",
        "Pacing step 3: it must end after the step before it.",
    ]
    assert pacing.problems(pacing.default()) == []
