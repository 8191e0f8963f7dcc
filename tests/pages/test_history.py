"""Runs as film strips, single steps, and going on from one of them."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invocations.models import Run
from invocations.views import past, strips
from networks.models import Network
from tests.pages.cast import Work, words


def test_all_runs_of_a_network_are_listed_a_page_at_a_time(owner: Client, network: Network) -> None:
    at = timezone.now()
    Run.objects.bulk_create(
        Run(network=network, prompt=f"prompt {n}.", ring=[], state="completed", lockout_until=at)
        for n in range(past.RUNS + 1)
    )
    path = reverse("networks:runs", args=[network.slug])

    first = words(owner.get(path))
    found = re.search(r'href="(\?after=[^"]+)"', first)
    assert found is not None
    second = words(owner.get(path + found[1]))

    assert first.index(f"prompt {past.RUNS}.") < first.index("prompt 1.")
    assert 'hx-target="#runs"' in first
    assert "prompt 0." not in first
    assert "prompt 0." in second
    assert ("prompt 1." in second, "?after=" in second) == (False, False)
    assert owner.get(f"{path}?after=nonsense").status_code == 404


def test_runs_are_sought_by_what_the_address_says(
    owner: Client, stranger: Client, network: Network
) -> None:
    at = timezone.now()
    for n, state in enumerate(["completed", "failed", "stopped"]):
        Run.objects.create(
            network=network, prompt=f"moth number{n}", ring=[], state=state, lockout_until=at
        )
    day = at.date().isoformat()

    def seen(query: str, who: Client = owner) -> list[str]:
        return re.findall(r"number\d", words(who.get(f"{reverse('runs:list')}?{query}")))

    assert seen("") == ["number2", "number1", "number0"]
    assert seen("", stranger) == []
    assert seen("q=moth&state=failed") == ["number1"]
    assert seen(f"since={day}&until={day}&q=numb") == ["number2", "number1", "number0"]
    assert seen("until=2020-01-01") == []
    assert seen(f"network={network.slug}&state=stopped") == ["number2"]
    assert seen("rating=1") == []
    assert seen("q=owl") == []


def test_what_makes_no_sense_in_the_address_is_said_and_passed_over(
    owner: Client, run: Run
) -> None:
    text = words(owner.get(f"{reverse('runs:list')}?since=yesterday&state=asleep&q=%00&rating=9"))

    assert run.prompt in text
    assert text.count("errorlist") == 4


def test_a_film_strip_begins_with_the_newest_steps_and_leads_to_the_others(
    owner: Client, run: Run, work: Work
) -> None:
    for n in range(strips.FRAMES + 3):  # one more step is due after them
        work(run, f"frame {n}.")
    path = run.get_absolute_url()

    newest = words(owner.get(path))
    earlier = words(owner.get(f"{path}?before=4"))
    beginning = words(owner.get(f"{path}?before={strips.FRAMES}"))
    later = words(owner.get(f"{path}?after={strips.FRAMES - 1}"))

    assert f"frame {strips.FRAMES + 2}." in newest
    assert "frame 3." not in newest
    assert newest.index("frame 4.") < newest.index("frame 5.")
    assert ("?before=4" in newest, "?after=" in newest) == (True, False)
    assert ("frame 3." in earlier, "frame 4." in earlier) == (True, False)
    assert ("?before=" in beginning, f"?after={strips.FRAMES - 1}" in beginning) == (False, True)
    assert f"frame {strips.FRAMES}." in later
    assert "?after=" not in later


def test_a_film_strip_of_one_page_leads_nowhere(owner: Client, run: Run, work: Work) -> None:
    for n in range(strips.FRAMES - 1):
        work(run, f"frame {n}.")

    text = words(owner.get(run.get_absolute_url()))

    assert "frame 0." in text
    assert ("?before=" in text, "?after=" in text) == (False, False)


def test_a_step_shows_what_it_was_given_and_what_it_gave(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    step = work(run, "# A title\n\nand *more* of it")

    text = words(stranger.get(step.get_absolute_url()))

    assert "a red balloon" in text
    assert "and <em>more</em> of it" in text
    assert "Attempts" not in text


def test_those_who_control_see_the_attempts(owner: Client, run: Run, work: Work) -> None:
    step = work(run)

    assert "Attempts" in words(owner.get(step.get_absolute_url()))
