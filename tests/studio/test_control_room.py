"""What a curator is told in the control room, in whatever state it is opened."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from invocations import halts, runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim
from invocations.forecasts import RecentSpending
from invocations.models import Run
from networks.models import Network
from platforms.errors import Refused, Unavailable
from realtime.models import Event, Topic
from studio import activity
from studio.status import NetworkStatus
from tests.people import Work, html_of


def page(client: Client, network: Network) -> str:
    return html_of(client.get(network.get_absolute_url()))


def part(text: str, name: str) -> str:
    """The words of the element of this id, roughly: up to where its section ends."""
    found = text.partition(f'id="{name}"')[2].partition("</section>")[0]
    return " ".join(re.sub("<[^>]+>", " ", found).split())


def test_the_lockout_is_shown_where_a_run_is_started(owner: Client, network: Network) -> None:
    assert "data-lockout" not in page(owner, network)

    runs.start_run(network=network, prompt="a moth", at=timezone.now())

    text = page(owner, network)
    assert "data-lockout" in text
    assert "without waiting for the lockout" in text


def test_a_spent_budget_says_so_before_anybody_presses_start(
    owner: Client, stranger: Client, public: Network, run: Run, work: Work
) -> None:
    Network.objects.filter(pk=public.pk).update(budgets={"calls_per_hour": 1, "laps_per_run": 9})
    assert "Nothing starts" not in page(owner, public)

    work(run)

    text = page(owner, public)
    assert "has made the 1 calls of this hour.</strong> Nothing starts until" in text
    assert "1 of 1 calls within an hour" in text
    assert "lap 2 of 9" in text
    assert "calls of this hour" not in page(stranger, public)


def test_stop_all_is_said_with_the_way_to_lift_it(
    owner: Client, alice: User, network: Network, run: Run
) -> None:
    halts.stop_all(stopped_by=alice, at=timezone.now())

    text = page(owner, network)

    assert "Everything is stopped." in text
    assert reverse("mission-control") in text
    assert "Stop-all stopped everything." in part(text, "network-activity")


def test_what_happened_is_told_in_words(
    owner: Client,
    stranger: Client,
    public: Network,
    run: Run,
    take: Callable[[Run], Claim],
) -> None:
    at = timezone.now()
    outcomes.fail(take(run), Unavailable("The provider is down."), at=at)
    runs.pause_run(run=run)
    runs.resume_run(run=run, at=at)
    Network.objects.filter(pk=public.pk).update(refusal_policy="stop")
    outcomes.fail(take(Run.objects.get(pk=run.pk)), Refused("No moths.", kind="invalid"), at=at)

    told = part(page(owner, public), "network-activity")

    sentences = [
        "A model declined to go on.",
        "did not work out: No moths. The model will not do this.",
        "Resumed.",
        "Paused: the next step is held",
        "did not work out and is tried again.",
        "Began with “a red balloon”.",
    ]
    places = [told.find(sentence) for sentence in sentences]
    assert -1 not in places, told
    assert places == sorted(places)
    assert "network-activity" not in page(stranger, public)


def test_a_run_is_among_the_activity_however_many_steps_ago_it_began(
    owner: Client, network: Network, run: Run, work: Work
) -> None:
    topic = Topic.objects.get(name=network.topic)
    Event.objects.bulk_create(
        Event(topic=topic, seq=10_000 + n, type="invocation.completed", data={"run": run.public_id})
        for n in range(activity.MAX_EVENTS_READ + 1)
    )

    shown = part(page(owner, network), "network-activity")

    assert "Began with “a red balloon”." in shown
    assert "Nothing yet" not in shown


def test_once_a_run_has_failed_nobody_is_told_that_it_tries_again(
    owner: Client, network: Network, run: Run, take: Callable[[Run], Claim]
) -> None:
    for _ in range(20):
        if not Run.objects.get(pk=run.pk).live:
            break
        outcomes.fail(take(run), Unavailable("The provider is down."), at=timezone.now())

    controls = part(page(owner, network), "network-controls")

    assert "It was tried as often as it may be." in controls
    assert "tried again by itself" not in controls


def test_the_ways_in_are_given_in_full(owner: Client, stranger: Client, public: Network) -> None:
    text = page(owner, public)

    for path in (public.get_absolute_url(), public.get_terminal_url()):
        assert f"http://testserver{path}</code>" in text
    assert f"{reverse('networks:qr', args=[public.slug])}?of=page" in text
    assert "Ways in" not in page(stranger, public)


def test_the_code_of_the_page_is_for_whoever_may_see_it(
    stranger: Client, other: Client, public: Network
) -> None:
    path = reverse("networks:qr", args=[public.slug])

    shown = stranger.get(path, {"of": "page"})

    assert "Scan. Watch. Wonder." in html_of(shown)
    assert "token=" not in html_of(shown)
    Network.objects.filter(pk=public.pk).update(public=False)
    assert other.get(path, {"of": "page"}).status_code == 404


def test_a_visitor_sees_what_it_is_and_what_it_does(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    Network.objects.filter(pk=public.pk).update(description="Two machines **talk**.")
    work(run, "a balloon, red")

    text = page(stranger, public)

    assert "<strong>talk</strong>" in text
    assert "a red balloon" in part(text, "network-now")
    assert "a balloon, red" in text
    assert f'data-live="/ws/networks/{public.slug}/"' in text
    assert 'name="prompt"' not in text


def test_what_a_visitor_took_back_is_not_among_the_earlier_runs(
    stranger: Client, owner: Client, public: Network, run: Run
) -> None:
    runs.start_run(network=public, prompt="a moth", at=timezone.now())
    Run.objects.filter(pk=run.pk).update(withdrawn_at=timezone.now())

    assert "a red balloon" not in page(stranger, public)
    assert "a red balloon" in page(owner, public)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, []),
        ({"usd_per_day": 5}, ["$1.25 of $5.00 within a day"]),
        ({"calls_per_hour": 7, "hours_per_run": 2}, ["7 of 7 calls within an hour"]),
    ],
)
def test_limits_are_lines(limits: dict[str, float | None], words: list[str]) -> None:
    spending = RecentSpending(calls_last_hour=7, usd_last_hour=1.0, usd_last_day=1.25)

    network = Network(budgets=limits)
    status = NetworkStatus(network, run=None, step=None, halt=None, at=timezone.now())
    status.__dict__["recent_spending"] = spending

    found = status.remaining_budget

    assert [line.words for line in found] == words
    assert [line.spent for line in found] == ["7 of 7" in line for line in words]
