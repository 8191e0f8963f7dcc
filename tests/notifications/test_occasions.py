"""Who is told of what, from the product's own events on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext
from pytest_django.fixtures import Settings

from accounts.models import User
from invocations import alerts, budget_watch
from invocations.engine import claims, outcomes, rate_limits, sweep
from invocations.engine.outcomes import Result
from invocations.engine.rate_limits import Limiters
from invocations.engine.sentences import KEY_UNREADABLE
from invocations.models import Run
from networks.models import Network
from notifications.models import Channel
from notifications.occasions import Occasion
from panic import disk_watch
from platforms.base import Limits
from platforms.errors import NotConfigured, Unavailable
from platforms.registry import registered_temporarily
from tests.invocations.manual_worker import start, take
from tests.invocations.test_breaker_scope import Market

from .conftest import AddChannel, Recorder, deliver

pytestmark = pytest.mark.django_db


def occasions_of(channel: Channel) -> list[str]:
    return list(channel.notifications.order_by("id").values_list("occasion", flat=True))


def message(channel: Channel, recorder: Recorder) -> str:
    deliver(channel, recorder.prepare)
    return recorder.sent[-1].body


# Runs


def test_a_run_that_fails_is_told_with_its_reason(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://panic.example"
    channel = add_channel()
    claim = take(start(network, at), at)

    outcomes.fail(claim, NotConfigured("The key is missing."), at=at)

    run = Run.objects.get()
    assert run.state == "failed"
    assert message(channel, recorder) == (
        "A run of “Whispers” failed: The key is missing.\n"
        f"https://panic.example/runs/{run.public_id}/"
    )


def test_the_reason_is_told_in_the_language_of_the_channel(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel(language="fr")

    outcomes.fail(take(start(network, at), at), NotConfigured(KEY_UNREADABLE), at=at)

    with translation.override("fr"):
        reason = gettext(KEY_UNREADABLE)
    assert reason != KEY_UNREADABLE
    assert reason in message(channel, recorder)


def test_a_run_that_is_found_without_a_step_is_told(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    run = start(network, at)
    run.invocations.all().delete()

    sweep.repair(at)

    assert occasions_of(channel) == [Occasion.RUN_FAILED]


def test_what_is_rolled_back_is_never_told(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    run = start(network, at)

    with transaction.atomic():
        outcomes.fail(take(run, at), NotConfigured("No."), at=at)
        assert occasions_of(channel) == [Occasion.RUN_FAILED]
        transaction.set_rollback(True)

    assert occasions_of(channel) == []


def test_each_hears_of_what_they_look_after(
    network: Network,
    add_channel: AddChannel,
    alice: User,
    bob: User,
    carol: User,
    root: User,
    at: datetime,
) -> None:
    hers, helpers, others = (add_channel(one) for one in (alice, carol, bob))
    admins_own, admins_all = add_channel(root), add_channel(root, everything=True)
    deaf = add_channel(occasions=["screen-gone"])
    former_admin = add_channel(bob, everything=True)
    shut_out = add_channel(carol)
    User.objects.filter(pk=carol.pk).update(is_active=False)

    outcomes.fail(take(start(network, at), at), NotConfigured("No."), at=at)

    assert occasions_of(hers) == occasions_of(admins_all) == [Occasion.RUN_FAILED]
    for channel in (others, admins_own, deaf, former_admin, shut_out, helpers):
        assert occasions_of(channel) == []


def test_whoever_helps_hears_of_it(
    network: Network, add_channel: AddChannel, carol: User, at: datetime
) -> None:
    channel = add_channel(carol)

    outcomes.fail(take(start(network, at), at), NotConfigured("No."), at=at)

    assert occasions_of(channel) == [Occasion.RUN_FAILED]


# Providers


@pytest.fixture
def market() -> Iterator[None]:
    with registered_temporarily(Market()):
        yield


LIMITERS = [Limiters("market", "", Limits(), model=f"market:{one}") for one in ("pears", "plums")]


def break_down(at: datetime, times: int = 6) -> None:
    for n in range(times):
        rate_limits.note_failure(LIMITERS[n % 2], Unavailable("Down."), at + timedelta(seconds=n))


@pytest.mark.usefixtures("market")
def test_a_provider_is_down_once_and_recovers_once(
    alice: User,
    bob: User,
    root: User,
    add_channel: AddChannel,
    recorder: Recorder,
    at: datetime,
) -> None:
    Network.create(alice, name="M", slots=[{"model": "market:pears"}])
    hers, others, admins = add_channel(), add_channel(bob), add_channel(root, everything=True)

    break_down(at)
    break_down(at + timedelta(minutes=5))
    rate_limits.note_success(LIMITERS[0], at + timedelta(minutes=6))

    def subjects(channel: Channel, occasion: Occasion) -> list[str]:
        of_kind = channel.notifications.filter(occasion=occasion)
        return sorted(of_kind.values_list("subject", flat=True))

    down, recovered = Occasion.PROVIDER_DOWN, Occasion.PROVIDER_RECOVERED
    assert subjects(admins, down) == ["market", "market:pears", "market:plums"]
    assert subjects(hers, down) == ["market", "market:pears"]
    assert subjects(admins, recovered) == subjects(hers, recovered) == ["market", "market:pears"]
    assert occasions_of(others) == []
    assert "The Market answers again." in message(hers, recorder)


@pytest.mark.usefixtures("market")
def test_a_provider_that_is_down_for_long_is_told_of_once(
    alice: User, add_channel: AddChannel, at: datetime
) -> None:
    Network.create(alice, name="M", slots=[{"model": "market:pears"}])
    channel = add_channel()

    for minutes in range(0, 60, 6):
        break_down(at + timedelta(minutes=minutes))

    subjects = list(channel.notifications.values_list("subject", flat=True))
    assert len(subjects) == len(set(subjects))
    assert "market" in subjects


# Budgets


def watch_budgets(at: datetime) -> None:
    """As the dispatcher and a worker do."""
    for pk in budget_watch.due_networks(at):
        budget_watch.watch_budgets(pk, at)


def limit(network: Network, **budgets: float) -> None:
    Network.objects.filter(pk=network.pk).update(budgets=budgets)
    network.refresh_from_db()


def test_a_budget_that_is_spent_is_told_once_until_much_of_it_is_free(
    network: Network, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    channel = add_channel(occasions=["budget-spent"])
    limit(network, calls_per_hour=1)
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="a flame"), at=at)

    step = run.invocations.open().get()
    assert claims.claim_step(step.pk, holder=claims.Holder("test:1:a"), at=at) is None

    assert message(channel, recorder) == (
        "“Whispers” has stopped: This network has made the 1 calls of this hour."
    )
    again = Run.objects.get()
    alerts.tell_budget_spent(again, again.reason, "Again.", at=at)  # type: ignore[arg-type]
    assert len(occasions_of(channel)) == 1
    watch_budgets(at)
    alerts.tell_budget_spent(again, again.reason, "Again.", at=at)  # type: ignore[arg-type]
    assert len(occasions_of(channel)) == 1
    watch_budgets(at + timedelta(hours=2))
    alerts.tell_budget_spent(again, again.reason, "Again.", at=at)  # type: ignore[arg-type]
    assert len(occasions_of(channel)) == 2


def test_a_run_that_reaches_its_laps_is_no_news(
    network: Network, add_channel: AddChannel, at: datetime
) -> None:
    channel = add_channel()
    limit(network, laps_per_run=1)

    outcomes.complete(take(start(network, at), at), Result(text="a flame"), at=at)

    assert Run.objects.get().state == "completed"
    assert occasions_of(channel) == []


@pytest.mark.parametrize("whose", ["network", "owner"])
def test_a_budget_that_is_nearly_spent_is_told_once(
    network: Network,
    alice: User,
    add_channel: AddChannel,
    recorder: Recorder,
    at: datetime,
    whose: str,
) -> None:
    channel = add_channel(occasions=["budget-nearly"])
    if whose == "network":
        limit(network, usd_per_day=1.0)
    else:
        User.objects.filter(pk=alice.pk).update(budgets={"usd_per_day": 1.0})
    outcomes.complete(take(start(network, at), at), Result(text="a flame", usd=0.7), at=at)
    watch_budgets(at)
    assert occasions_of(channel) == []
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="a flame", usd=0.15), at=at)

    watch_budgets(at)
    watch_budgets(at)

    assert len(occasions_of(channel)) == 1
    assert message(channel, recorder) == "“Whispers” has used 85 % of a budget."


# The disk


def test_a_disk_that_is_nearly_full_is_told_to_admins_once(
    root: User, alice: User, add_channel: AddChannel, recorder: Recorder, at: datetime
) -> None:
    admins, hers = add_channel(root, everything=True), add_channel()

    disk_watch.watch_disk(10 * disk_watch.ENOUGH, at)
    for _ in range(3):
        disk_watch.watch_disk(disk_watch.LOW - 1, at)
    assert occasions_of(hers) == []
    assert message(admins, recorder).startswith("Only 1.0 GB are free in the data folder of")

    disk_watch.watch_disk(disk_watch.LOW + 1, at)
    disk_watch.watch_disk(disk_watch.LOW - 1, at)
    assert len(occasions_of(admins)) == 1
    disk_watch.watch_disk(disk_watch.ENOUGH, at)
    disk_watch.watch_disk(disk_watch.LOW - 1, at)
    assert len(occasions_of(admins)) == 2
