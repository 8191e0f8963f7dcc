"""Everything that can happen to runs, in any order, at length (tests/invocations/test_state_machine.py)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.invocations.test_state_machine import QUICK, Engine

THOROUGH = settings(QUICK, max_examples=100, stateful_step_count=40)


@pytest.mark.django_db
def test_no_order_of_events_breaks_the_engines_promises() -> None:
    run_state_machine_as_test(Engine, settings=THOROUGH)
