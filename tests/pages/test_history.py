"""Runs as film strips, single steps, and going on from one of them."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from invocations.models import Run
from invocations.views import history
from networks.models import Network
from tests.pages.cast import Work, words


def test_a_film_strip_goes_on_where_a_page_ends(owner: Client, run: Run, work: Work) -> None:
    for n in range(history.FRAMES + 3):
        work(run, f"frame {n}.")

    first = words(owner.get(run.get_absolute_url()))
    second = words(owner.get(run.get_absolute_url() + f"?after={history.FRAMES - 1}"))

    assert f"frame {history.FRAMES - 1}." in first
    assert f"frame {history.FRAMES}." not in first
    assert f"?after={history.FRAMES - 1}" in first
    assert f"frame {history.FRAMES}." in second
    assert "?after=" not in second


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


def test_a_new_run_goes_on_from_a_step(owner: Client, other: Client, run: Run, work: Work) -> None:
    step = work(run, "from here")
    path = reverse("invocations:branch", args=[step.public_id])

    refused = other.post(path)
    answer = owner.post(path)

    branched = Run.objects.newest_first()[0]
    assert refused.status_code == 404
    assert answer.headers["Location"] == run.network.get_absolute_url()
    assert branched.branched_from == step
    assert branched.invocations.get().input_text == "from here"
