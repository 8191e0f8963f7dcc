from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.engine import next_step
from platforms.errors import NotConfigured, RateLimited, Refused, TimedOut, Unavailable


@given(st.integers(1, 5), st.floats(0, 1))
def test_waits_stay_under_their_ceiling(tries: int, roll: float) -> None:
    pause = next_step.wait(Unavailable("down"), tries, roll=roll)

    assert pause is not None
    assert 0 <= pause <= min(60, 2 ** (tries - 1))


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (Unavailable("x"), 6),
        (RateLimited("x"), 10),
        (TimedOut("x"), 3),
        (NotConfigured("x"), 1),
        (Refused("x"), 1),
    ],
)
def test_each_error_has_its_number_of_tries(
    error: Unavailable | RateLimited | TimedOut | NotConfigured | Refused, tries: int
) -> None:
    assert next_step.wait(error, tries) is None
    assert tries == 1 or next_step.wait(error, tries - 1) is not None


@given(st.floats(0, 1))
def test_a_providers_wish_is_a_lower_bound(roll: float) -> None:
    pause = next_step.wait(RateLimited("slow", retry_after=30), 1, roll=roll)

    assert pause is not None
    assert 30 <= pause <= 31
