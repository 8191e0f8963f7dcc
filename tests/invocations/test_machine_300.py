"""Everything that can happen to runs, in any order: the promises of docs/lifecycle.md hold.

MACHINE=thorough plays thousands of stories instead of the same few dozen; run it with DATABASE_URL
pointing to a Postgres as well.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine_checks import Checks
from .machine_workers import Workers

pytestmark = pytest.mark.django_db
PATIENT = settings(
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
PROFILES = {
    "quick": settings(PATIENT, max_examples=25, stateful_step_count=30, derandomize=True),
    "thorough": settings(PATIENT, max_examples=300, stateful_step_count=50),
}


class Engine(Checks, Workers):
    """All rules on one stage, all checks after each."""


def test_no_order_of_events_breaks_the_engines_promises() -> None:
    run_state_machine_as_test(Engine, settings=PROFILES[os.environ.get("MACHINE", "quick")])
