"""Stop-all when the process that does or lifts it dies, or the world has changed since."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from accounts.models import User
from invocations import halts, refusals
from invocations.engine import claims, outcomes
from invocations.engine.outcomes import Result
from invocations.models import Attempt, Halt, Run
from networks.models import Network
from realtime.models import Event
from tests.concurrency import at_once

from .manual_worker import last, start, states, take

pytestmark = pytest.mark.django_db(transaction=True)


class PowerCut(Exception):
    """Nothing after this is executed."""


class CutAfter:
    """Lets so many statements that match through, then cuts the power."""

    def __init__(self, words: str, statements: int) -> None:
        self.words, self.left = words, statements

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        if self.words in sql:
            if not self.left:
                raise PowerCut
            self.left -= 1
        return execute(sql, params, many, context)


@pytest.fixture
def networks(alice: User, network: Network) -> list[Network]:
    more = [Network.create(alice, name=f"Ring {n}", slots=network.slots) for n in range(2)]
    return [network, *more]


def live() -> set[int]:
    return set(Run.objects.live().values_list("network_id", flat=True))


@pytest.mark.parametrize("runs_resumed", range(3))
def test_a_power_cut_while_it_is_lifted_leaves_it_to_be_lifted_again(
    networks: list[Network], at: datetime, runs_resumed: int
) -> None:
    for one in networks:
        start(one, at)
    stop_all = halts.stop_all(stopped_by=None, at=at)

    cut = CutAfter('INSERT INTO "invocations_run"', runs_resumed)
    with connection.execute_wrapper(cut), pytest.raises(PowerCut):
        halts.resume_all(lifted_by=None, at=at)

    assert (Halt.current(), live()) == (stop_all, set())
    assert len(halts.resume_all(lifted_by=None, at=at).runs) == len(networks)
    assert live() == {one.pk for one in networks}


@pytest.mark.parametrize("runs_stopped", range(3))
def test_a_power_cut_during_stop_all_changes_nothing(
    networks: list[Network], at: datetime, runs_stopped: int
) -> None:
    for one in networks:
        start(one, at)
    told = Event.objects.count()

    cut = CutAfter('UPDATE "invocations_run"', runs_stopped)
    with connection.execute_wrapper(cut), pytest.raises(PowerCut):
        halts.stop_all(stopped_by=None, at=at)

    assert Halt.current() is None
    assert live() == {one.pk for one in networks}
    assert Event.objects.count() == told


def test_one_run_that_cannot_go_on_does_not_keep_the_others_from_it(
    networks: list[Network], at: datetime
) -> None:
    shortened, emptied, well = networks
    for one in networks:
        start(one, at, "a prompt of more than five characters")
    halts.stop_all(stopped_by=None, at=at)

    Network.objects.filter(pk=shortened.pk).update(prompt_max=5)
    Network.objects.filter(pk=emptied.pk).update(slots=[])
    resumed = halts.resume_all(lifted_by=None, at=at).runs

    assert [run.network_id for run in resumed] == [well.pk]
    assert Halt.current() is None


def test_of_two_who_lift_it_at_once_one_does_it(networks: list[Network], at: datetime) -> None:
    for one in networks:
        outcomes.complete(take(start(one, at), at), Result(text="so far"), at=at)
    halts.stop_all(stopped_by=None, at=at)

    found = at_once(
        *(lambda: len(halts.resume_all(lifted_by=None, at=at).runs) for _ in range(3)),
        lambda: start(networks[0], at, "a visitor's"),
    )

    assert sorted(one for one in found if isinstance(one, int)) == [0, 0, len(networks)]
    assert live() == {one.pk for one in networks}
    assert all(last(run).state == "ready" for run in Run.objects.live())


def test_stopped_and_lifted_at_once_by_many_leaves_no_call_behind(
    networks: list[Network], at: datetime
) -> None:
    claimed = [take(start(one, at), at) for one in networks]

    at_once(
        lambda: halts.stop_all(stopped_by=None, at=at),
        lambda: halts.resume_all(lifted_by=None, at=at),
        lambda: halts.stop_all(stopped_by=None, at=at),
        lambda: claims.claim_step(claimed[0].invocation.pk, holder=claims.Holder("w"), at=at),
    )
    halts.stop_all(stopped_by=None, at=at)

    assert live() == set()
    assert not Attempt.objects.live().filter(cancel_requested_at=None).exists()
    with pytest.raises(refusals.Halted):
        start(networks[0], at)
    assert {states(claim.run)[0] for claim in claimed} == {"cancelled"}
