"""Around an opening: models are loaded before it, and a run begins of itself where that is wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from invocations import halts, openings, runs
from invocations.engine import periodic_tasks
from invocations.models import Run, Warming
from invocations.states import Reason
from networks.models import Network

pytestmark = pytest.mark.django_db

PERIOD = {"days": ["mon", "tue"], "opens": "10:00", "closes": "18:00", "zone": "UTC"}
OPENING = datetime(2026, 12, 7, 10, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)


@pytest.fixture
def hours(network: Network) -> Network:
    network.set_opening_hours([PERIOD])
    prompts = ["a bell under water"]
    Network.objects.update(start_at_opening=True, attract_prompts=prompts)
    network.refresh_from_db()
    return network


def prepare(network: Network, at: datetime) -> None:
    for pk in openings.networks_to_prepare(at):
        assert pk == network.pk
        openings.prepare(pk, at=at)


def test_models_are_loaded_once_some_minutes_before_the_opening(hours: Network) -> None:
    prepare(hours, OPENING - 6 * MINUTE)
    assert not Warming.objects.exists()

    prepare(hours, OPENING - 5 * MINUTE)

    assert Warming.objects.get().model == hours.ring[0].model
    assert openings.networks_to_prepare(OPENING - 4 * MINUTE) == []


def test_nothing_is_loaded_where_that_is_not_wanted(hours: Network) -> None:
    Network.objects.update(warm_up_minutes=0)

    assert openings.networks_to_prepare(OPENING - MINUTE / 60) == []


def test_it_begins_with_an_attract_prompt_at_the_opening_and_only_once(hours: Network) -> None:
    prepare(hours, OPENING)
    runs.stop_run(run=Run.objects.get(), reason=Reason.PERSON, at=OPENING + MINUTE)

    prepare(hours, OPENING + 2 * MINUTE)

    assert [run.prompt for run in Run.objects.all()] == ["a bell under water"]


def test_two_workers_begin_one_run(hours: Network) -> None:
    openings.prepare(hours.pk, at=OPENING)
    Network.objects.update(started_for=None)  # the first one died before it could say so

    openings.prepare(hours.pk, at=OPENING)

    assert Run.objects.count() == 1


def test_after_an_hour_without_workers_it_begins_all_the_same(hours: Network) -> None:
    prepare(hours, OPENING + 60 * MINUTE)

    assert Run.objects.get().created_at == OPENING + 60 * MINUTE


def test_the_run_of_yesterday_goes_on_instead_of_a_new_one(hours: Network) -> None:
    run = runs.start_run(network=hours, prompt="a red balloon", at=OPENING - 24 * 60 * MINUTE,
                         when_closed=runs.WhenClosed.WAIT).run  # fmt: skip

    prepare(hours, OPENING)

    assert Run.objects.get() == run


def test_a_visitor_who_was_faster_is_not_superseded(hours: Network) -> None:
    run = runs.start_run(network=hours, prompt="a red balloon", at=OPENING).run

    prepare(hours, OPENING + MINUTE)

    assert Run.objects.get() == run


def test_while_everything_is_stopped_nothing_is_loaded_nor_begins_until_it_is_resumed(
    hours: Network,
) -> None:
    halts.stop_all(stopped_by=None, at=OPENING - 60 * MINUTE)
    prepare(hours, OPENING - MINUTE)
    prepare(hours, OPENING)
    assert not Warming.objects.exists()
    assert not Run.objects.exists()
    halts.resume_all(lifted_by=None, at=OPENING + MINUTE)

    prepare(hours, OPENING + 2 * MINUTE)

    assert Run.objects.count() == 1


def test_what_is_missing_at_the_opening_may_come_a_little_later(hours: Network) -> None:
    Network.objects.update(slots=[])
    prepare(hours, OPENING)
    assert not Run.objects.exists()

    Network.objects.update(slots=hours.slots)
    assert openings.networks_to_prepare(OPENING + MINUTE) == [hours.pk]
    prepare(hours, OPENING + MINUTE)

    assert Run.objects.count() == 1
    assert openings.networks_to_prepare(OPENING + MINUTE) == []


def test_what_cannot_begin_for_half_an_hour_is_not_tried_again_until_the_next_opening(
    hours: Network,
) -> None:
    Network.objects.update(slots=[])
    prepare(hours, OPENING + openings.TRIED_FOR)

    assert openings.networks_to_prepare(OPENING + openings.TRIED_FOR + MINUTE) == []
    assert not Run.objects.exists()


def test_without_the_option_nothing_begins_of_itself(hours: Network) -> None:
    Network.objects.update(start_at_opening=False)

    assert openings.networks_to_prepare(OPENING) == []


def test_the_workers_ask_what_is_to_be_prepared(
    hours: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openings, "_looked_at", [float("-inf")])

    due = periodic_tasks.due_tasks(OPENING)

    assert ("invocations.tasks.prepare_opening", hours.pk) in due
    assert not [one for one in periodic_tasks.due_tasks(OPENING) if "prepare" in one[0]]
