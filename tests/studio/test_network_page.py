"""A network's page: what it shows, what its buttons do, all of it without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from invocations import halts, runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim
from invocations.models import Run
from invocations.states import Reason, RunState
from networks.models import Network
from platforms.errors import Refused, Unavailable
from tests.people import Work, html_of

EVIL = "<script>alert(1)</script>"


def _path(network: Network, move: str = "detail") -> str:
    return reverse(f"networks:{move}", args=[network.slug])


def test_what_people_and_models_write_is_shown_and_never_run(
    owner: Client, network: Network, work: Work
) -> None:
    Network.objects.filter(pk=network.pk).update(
        name=f"N {EVIL}",
        description=f"{EVIL} [x](javascript:alert(1)) ![x](https://evil.example/x)",
    )
    run = runs.start_run(network=network, prompt=EVIL, at=timezone.now()).run
    step = work(run, f"**{EVIL}** <img src=x onerror=alert(1)>")

    pages = [_path(network), _path(network, "wall"), run.get_absolute_url()]
    pages += [step.get_absolute_url(), reverse("networks:list"), _path(network, "terminal")]
    found = {page: html_of(owner.get(page)) for page in pages}

    for page, text in found.items():
        assert EVIL not in text, page
        assert "<img src=x" not in text, page
        assert 'href="javascript:' not in text, page
        assert "evil.example" not in text.replace("&quot;", ""), page
        assert "&lt;script&gt;" in text, page


def test_a_run_is_started_paused_resumed_and_stopped(owner: Client, network: Network) -> None:
    answer = owner.post(_path(network, "start"), {"prompt": "a red balloon"})

    run = network.runs.get()
    assert answer.headers["Location"] == _path(network)
    assert (run.prompt, run.state) == ("a red balloon", RunState.RUNNING)

    seen = []
    for move in ("pause", "resume", "stop", "stop"):
        assert owner.post(_path(network, move)).status_code == 302
        run.refresh_from_db()
        seen.append(run.state)

    assert seen == ["paused", "running", "stopped", "stopped"]
    assert run.reason == Reason.PERSON


def test_the_words_of_a_refused_start_are_kept(owner: Client, network: Network, run: Run) -> None:
    owner.post(_path(network, "start"), {"prompt": "first"})

    answer = owner.post(_path(network, "start"), {"prompt": "my precious words"}, follow=True)

    assert "my precious words</textarea>" in html_of(answer)
    assert "The last prompt has only just begun" in html_of(answer)


def test_whoever_has_to_sign_in_first_comes_back_to_their_words(
    client: Client, alice: User, network: Network
) -> None:
    alice.set_password("correct horse")
    alice.save()

    asked = client.post(_path(network, "start"), {"prompt": "my precious words"})
    sign_in = {"username": alice.email, "password": "correct horse"}
    page = client.post(asked.headers["Location"], sign_in, follow=True)

    assert page.redirect_chain[-1][0] == _path(network)
    assert "my precious words</textarea>" in html_of(page)
    assert not network.runs.exists()


def test_whoever_controls_may_waive_the_lockout(owner: Client, network: Network) -> None:
    owner.post(_path(network, "start"), {"prompt": "first"})

    owner.post(_path(network, "start"), {"prompt": "second", "waive_lockout": "on"})

    assert list(network.runs.newest_first().values_list("prompt", flat=True)) == ["second", "first"]


def test_the_grid_shows_the_newest_steps_in_their_places(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    for n in range(8):
        work(run, f"words number {n}")

    text = html_of(stranger.get(_path(public)))

    grid = text.partition("network-page-grid")[2].partition("</section>")[0]
    assert [f"words number {n}" in grid for n in range(9)] == [False] * 3 + [True] * 5 + [False]
    assert grid.index("words number 6") < grid.index("words number 7") < grid.index("number 3")
    assert 'id="tile-2" data-state="ready"' in grid


def test_why_a_step_failed_is_for_those_who_can_do_something(
    owner: Client,
    stranger: Client,
    public: Network,
    run: Run,
    take: Callable[[Run], Claim],
) -> None:
    Network.objects.filter(pk=public.pk).update(refusal_policy="stop")
    taken = take(Run.objects.get(pk=run.pk))
    outcomes.fail(taken, Refused("No pictures of kings.", kind="sensitive"), at=timezone.now())

    told, untold = (html_of(client.get(_path(public))) for client in (owner, stranger))

    assert "No pictures of kings." in told
    assert "Other words, or another model" in told
    assert "No pictures of kings." not in untold
    assert "This step did not work out." in untold
    assert "A model declined to go on." in untold


def test_a_step_that_is_tried_again_says_so(
    owner: Client, network: Network, run: Run, take: Callable[[Run], Claim]
) -> None:
    outcomes.fail(take(run), Unavailable("It is down."), at=timezone.now())

    text = html_of(owner.get(_path(network)))

    assert "<span>again</span>" in text
    assert "It is down." in text


def test_what_keeps_a_ring_from_running_is_said_in_words(
    owner: Client, stranger: Client, public: Network
) -> None:
    Network.objects.filter(pk=public.pk).update(slots=[{"model": "dummy:text-to-image"}])

    told, untold = (html_of(client.get(_path(public))) for client in (owner, stranger))

    assert "The ring does not close" in told
    assert "The ring does not close" not in untold
    assert "This one is resting" in untold


def test_everybody_sees_that_everything_is_stopped(
    stranger: Client, public: Network, run: Run
) -> None:
    halts.stop_all(stopped_by=None, at=timezone.now())

    assert "Everything is stopped until" in html_of(stranger.get(_path(public)))
    assert "STOPPED" in html_of(stranger.get(_path(public, "wall")))


@pytest.mark.parametrize(
    "query", ["", "?rows=3&columns=4", "?rows=0&columns=99", "?rows=x&columns=-1"]
)
def test_a_wall_is_never_an_error(stranger: Client, public: Network, query: str) -> None:
    answer = stranger.get(_path(public, "wall") + query)

    assert answer.status_code == 200
    assert html_of(answer).count('<article class="tile"') in {6, 12}
