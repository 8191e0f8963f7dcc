"""One lockout for everybody who asks: the start of a run, the status of a page, and the API."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations import refusals, runs, visitor_access
from invocations.lockout import lockout_until
from invocations.states import Reason
from networks.models import Network
from studio.status import status_of_network

from .manual_worker import start

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def set_lockout(network: Network, seconds: int) -> Network:
    Network.objects.filter(pk=network.pk).update(lockout_seconds=seconds)
    return Network.objects.get(pk=network.pk)


def check_both(network: Network, until: datetime) -> None:
    """Until then the page says locked and a start is refused, with the same moment; then neither."""
    before = until - SECOND
    assert status_of_network(network, at=before).locked_until == until
    with pytest.raises(refusals.Lockout) as refused:
        runs.start_run(network=network, prompt="too soon", at=before)
    assert refused.value.ready_at == until
    assert status_of_network(network, at=until).locked_until is None
    assert runs.start_run(network=network, prompt="in time", at=until).created


def test_a_lockout_counts_from_the_start(network: Network, at: datetime) -> None:
    start(network, at)

    check_both(network, at + 30 * SECOND)


def test_a_stop_does_not_end_it(network: Network, at: datetime) -> None:
    runs.stop_run(run=start(network, at), reason=Reason.PERSON, at=at)

    check_both(network, at + 30 * SECOND)


def test_a_withdrawn_run_still_locks(network: Network, at: datetime) -> None:
    network = set_lockout(network, 600)
    run = start(network, at)
    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=at + SECOND)

    check_both(network, at + 600 * SECOND)


def test_a_lowered_lockout_is_shorter_at_once(network: Network, at: datetime) -> None:
    start(set_lockout(network, 600), at)

    check_both(set_lockout(network, 5), at + 5 * SECOND)


def test_a_raised_lockout_does_not_prolong_what_is_stored(network: Network, at: datetime) -> None:
    start(network, at)

    check_both(set_lockout(network, 600), at + 30 * SECOND)


def test_a_lockout_that_was_taken_away_locks_nobody(network: Network, at: datetime) -> None:
    start(set_lockout(network, 600), at)
    network = set_lockout(network, 0)

    assert status_of_network(network, at=at).locked_until is None
    assert runs.start_run(network=network, prompt="now", at=at).created


def test_a_run_that_was_started_in_spite_of_it_locks_like_any_other(
    network: Network, at: datetime
) -> None:
    start(network, at)
    waived = at + 10 * SECOND
    runs.start_run(network=network, prompt="mine", at=waived, waive_lockout=True)

    check_both(network, waived + 30 * SECOND)


def test_of_several_runs_the_last_to_end_counts(network: Network, at: datetime) -> None:
    """The newest one began under a shorter lockout, which was raised again since."""
    start(set_lockout(network, 600), at)
    start(set_lockout(network, 5), at + SECOND)

    check_both(set_lockout(network, 600), at + 600 * SECOND)


def test_fractions_of_a_second_are_compared_as_time_and_not_as_text(
    network: Network, at: datetime
) -> None:
    began = at + timedelta(microseconds=500_000)
    start(network, began)

    check_both(network, began + 30 * SECOND)


def test_it_costs_one_statement_and_none_without_a_lockout(network: Network, at: datetime) -> None:
    free = Network(lockout_seconds=0)

    with CaptureQueriesContext(connection) as asked:
        lockout_until(network, at)
        lockout_until(free, at)

    assert len(asked) == 1
