"""Everything that can happen to runs, in any order: the promises of docs/lifecycle.md hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .state_machine_invariants import Checks
from .state_machine_workers import Workers

pytestmark = pytest.mark.django_db
QUICK = settings(max_examples=8, stateful_step_count=30, suppress_health_check=list(HealthCheck))


class Engine(Checks, Workers):
    """All rules on one stage, all checks after each."""


def test_no_order_of_events_breaks_the_engines_promises() -> None:
    run_state_machine_as_test(Engine, settings=QUICK)
