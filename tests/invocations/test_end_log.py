"""The log answers why a run or a step has ended: one line each, with every id."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from invocations import runs
from invocations.engine import outcomes
from invocations.engine.outcomes import Result
from invocations.models import Run
from invocations.states import Reason
from networks.models import Network, RefusalPolicy
from platforms.errors import NotConfigured, Refused

from .manual_worker import start, take

pytestmark = pytest.mark.django_db
Commits = Callable[..., Any]


@pytest.fixture
def lines(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Commits
) -> Callable[[Callable[[], object]], list[str]]:
    """What a piece of work leaves in the log once it is committed."""

    def run(work: Callable[[], object]) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.INFO), django_capture_on_commit_callbacks(execute=True):
            work()
        return [r.getMessage() for r in caplog.records if r.name == "invocations.events"]

    return run


Lines = Callable[[Callable[[], object]], list[str]]


def test_a_stopped_run_says_who_stopped_it(network: Network, at: datetime, lines: Lines) -> None:
    run = start(network, at)
    step = run.invocations.get()
    by = network.owner

    found = lines(lambda: runs.stop_run(run=run, reason=Reason.PERSON, at=at, by=by))

    assert found == [
        f"run ended: run={run} state=stopped reason=stopped_by_person network=whispers "
        f"by={by.public_id}",
        f"invocation ended: run={run} invocation={step} sequence=0 slot=0 state=cancelled "
        "model=dummy:text-to-text network=whispers attempts=0",
    ]


def test_a_superseded_run_says_so(network: Network, at: datetime, lines: Lines) -> None:
    run = start(network, at)

    found = lines(lambda: start(network, at))

    assert f"run ended: run={run} state=stopped reason=superseded" in found[0]
    assert found[0].endswith(" by=visitor")
    assert found[-1].startswith("run started: run=")


def test_a_failed_step_says_what_went_wrong_and_ends_its_run(
    network: Network, at: datetime, lines: Lines
) -> None:
    run = start(network, at)
    claim = take(run, at)
    error = NotConfigured('No "key"\nis set.')

    found = lines(lambda: outcomes.fail(claim, error, at=at))

    assert found == [
        f"invocation ended: run={run} invocation={claim.invocation} sequence=0 slot=0 "
        "state=failed model=dummy:text-to-text network=whispers attempts=1 "
        r'error=not_configured detail="No \"key\"\nis set."',
        f"run ended: run={run} state=failed reason=error network=whispers "
        f"invocation={claim.invocation} error=not_configured "
        r'detail="No \"key\"\nis set."',
    ]


@pytest.mark.parametrize("kind", ["sensitive", "invalid"])
def test_a_refused_step_says_what_the_refusal_was_about(
    network: Network, at: datetime, lines: Lines, kind: str
) -> None:
    run = start(network, at)
    claim = take(run, at)
    error = Refused("Not this.", kind=kind)

    found = lines(lambda: outcomes.fail(claim, error, at=at))

    assert len(found) == 2
    assert all(f"invocation={claim.invocation} " in line for line in found)
    assert all(line.endswith(f'error=refused kind={kind} detail="Not this."') for line in found)


def test_a_step_that_is_left_out_says_why(network: Network, at: datetime, lines: Lines) -> None:
    Network.objects.filter(pk=network.pk).update(refusal_policy=RefusalPolicy.SKIP)
    claim = take(start(network, at), at)
    error = Refused("Not this.", kind="sensitive")

    found = lines(lambda: outcomes.fail(claim, error, at=at))

    assert [line.partition(":")[0] for line in found] == ["invocation ended"]
    assert 'error=refused kind=sensitive detail="Not this."' in found[0]


def test_a_completed_step_is_one_line(network: Network, at: datetime, lines: Lines) -> None:
    run = start(network, at)
    claim = take(run, at)

    found = lines(lambda: outcomes.complete(claim, Result(text="a moth"), at=at))

    assert [line.partition(":")[0] for line in found] == ["invocation ended"]
    assert f"invocation={claim.invocation} " in found[0]


def test_a_run_that_reaches_a_limit_names_it(network: Network, at: datetime, lines: Lines) -> None:
    Network.objects.filter(pk=network.pk).update(budgets={"laps_per_run": 1})
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="a moth"), at=at)

    found = lines(lambda: outcomes.complete(take(run, at), Result(text="a flame"), at=at))

    assert found[-1] == (
        f"run ended: run={run} state=completed reason=lap_limit network=whispers "
        'detail="The limit of laps per run is reached: 1."'
    )


def test_what_is_rolled_back_leaves_no_line(network: Network, at: datetime, lines: Lines) -> None:
    run = start(network, at)

    def stop_and_roll_back() -> None:
        with transaction.atomic():
            runs.stop_run(run=run, reason=Reason.PERSON, at=at)
            transaction.set_rollback(True)

    assert lines(stop_and_roll_back) == []
    assert Run.objects.get().live


def test_the_level_of_the_log_lets_these_lines_through() -> None:
    assert logging.getLogger("invocations.events").isEnabledFor(logging.INFO)
