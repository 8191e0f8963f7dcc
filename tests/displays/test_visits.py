"""Whose run it is: the screen on which it was started belongs to it, every other one is told to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from displays import visits
from invocations import runs, visitor_access
from invocations.models import Run
from invocations.states import Reason, RunState
from networks.models import Network
from studio.feeds import NetworkFeed, NetworkView
from studio.state_texts import visitor_headline
from studio.status import current_status
from tests.people import Work, html_of


@pytest.fixture
def visitor() -> Client:
    """Another browser than the stranger's."""
    return Client()


def _path(network: Network) -> str:
    return reverse("networks:terminal", args=[network.slug])


def _press(visitor: Client, network: Network) -> str:
    return html_of(visitor.post(_path(network), {"prompt": "a red balloon"}, follow=True))


def _is_theirs(page: str) -> bool:
    return 'class="terminal is-yours"' in page


def test_the_screen_belongs_to_the_run_that_was_started_on_it(
    visitor: Client, opened: Network
) -> None:
    page = _press(visitor, opened)
    run = opened.runs.get()

    assert _is_theirs(page)
    assert f'id="terminal-visit" data-run="{run.public_id}"' in page
    assert f'id="terminal-now" data-run="{run.public_id}"' in page
    assert '<span class="if-yours">Yours is going round</span>' in page
    assert '<span class="if-yours">The next words can go in</span>' in page
    assert reverse("networks:wall", args=[opened.slug]) in page


def test_it_still_does_after_a_reload(visitor: Client, opened: Network) -> None:
    _press(visitor, opened)

    assert _is_theirs(html_of(visitor.get(_path(opened))))


def test_another_visitor_waits_for_their_turn(
    visitor: Client, stranger: Client, opened: Network
) -> None:
    _press(visitor, opened)
    page = html_of(stranger.get(_path(opened)))

    assert not _is_theirs(page)
    assert 'id="terminal-visit">' in page
    assert '<span class="if-not-yours">Somebody has just been. Your turn in</span>' in page


def test_newer_words_take_the_screen_back_and_the_visitor_is_led_to_theirs(
    visitor: Client, opened: Network
) -> None:
    _press(visitor, opened)
    run = opened.runs.get()
    runs.start_run(network=opened, prompt="newer", at=timezone.now(), waive_lockout=True)

    page = html_of(visitor.get(_path(opened)))

    assert 'class="terminal was-yours"' in page
    assert visitor_access.url_path(run) in page


def test_what_was_taken_back_is_nobodys(visitor: Client, opened: Network) -> None:
    _press(visitor, opened)
    run = opened.runs.get()
    shown = visitor_access.withdrawal_token(run)
    visitor_access.withdraw(run=run, shown=shown, at=timezone.now())

    page = html_of(visitor.get(_path(opened)))

    assert 'class="terminal"' in page
    assert run.public_id not in page


def test_the_right_to_take_it_back_is_shown_for_some_minutes_only(
    visitor: Client, opened: Network
) -> None:
    page = _press(visitor, opened)
    link = visitor_access.private_url_path(opened.runs.get())
    assert link in page

    before = timezone.now() - timedelta(seconds=visits.PRESENT_SECONDS)
    Run.objects.update(created_at=before)
    page = html_of(visitor.get(_path(opened)))

    assert _is_theirs(page)
    assert link not in page


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.PERSON, "Yours was stopped"),
        (Reason.PANIC, "Yours was stopped"),
        (Reason.SUPERSEDED, "Newer words took the place of yours"),
        (Reason.ERROR, "Yours broke off: a machine did not manage its part"),
        (Reason.REFUSED, "Yours broke off: a machine declined to go on"),
        (Reason.LAPS, "Yours has come to its end"),
        (Reason.MONEY, "Yours has come to its end"),
    ],
)
def test_the_visitor_is_told_how_theirs_ended(reason: Reason, words: str) -> None:
    assert visitor_headline(Run(state=RunState.STOPPED, reason=reason)) == words


def test_a_run_that_is_stopped_keeps_the_screen_and_says_so(
    visitor: Client, opened: Network
) -> None:
    _press(visitor, opened)
    runs.stop_run(run=opened.runs.get(), reason=Reason.PERSON, at=timezone.now())

    page = html_of(visitor.get(_path(opened)))

    assert _is_theirs(page)
    assert '<span class="if-yours">Yours was stopped</span>' in page


def test_all_terminals_are_sent_the_same_and_each_knows_whose_it_is(
    opened: Network, run: Run, work: Work
) -> None:
    work(run, "a balloon, red")
    html = NetworkFeed(opened, NetworkView.TERMINAL, 6, can_control=False).snapshot()

    assert f'data-run="{run.public_id}"' in html["terminal-now"]
    assert "Yours is going round" in html["terminal-now"]
    assert "Going round now" in html["terminal-now"]


def test_the_newest_output_leads_and_what_has_happened_since_follows(
    opened: Network, run: Run, work: Work
) -> None:
    def shown() -> list[tuple[str, str]]:
        return [(tile.id, tile.state) for tile in current_status(opened.pk).leading_tiles]

    before = shown()
    work(run, "first")
    work(run, "second")

    assert before == [("now-0", "ready")]
    assert shown() == [("now-1", "completed"), ("now-2", "ready"), ("now-0", "completed")]
