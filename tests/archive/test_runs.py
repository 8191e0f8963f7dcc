"""Runs as film strips, single steps, and going on from one of them."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from archive.views import run_list, runs
from invocations.models import Invocation, Run
from networks.models import Network
from tests.people import Work, html_of


def test_all_runs_of_a_network_are_listed_a_page_at_a_time(owner: Client, network: Network) -> None:
    at = timezone.now()
    Run.objects.bulk_create(
        Run(network=network, prompt=f"prompt {n}.", ring=[], state="completed", lockout_until=at)
        for n in range(run_list.RUNS_PER_PAGE + 1)
    )
    path = reverse("networks:runs", args=[network.slug])

    first = html_of(owner.get(path))
    found = re.search(r'href="(\?after=[^"]+)"', first)
    assert found is not None
    second = html_of(owner.get(path + found[1]))

    assert first.index(f"prompt {run_list.RUNS_PER_PAGE}.") < first.index("prompt 1.")
    assert 'hx-target="#runs"' in first
    assert "prompt 0." not in first
    assert "prompt 0." in second
    assert ("prompt 1." in second, 'href="?after=' in second) == (False, False)
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
        page = html_of(who.get(f"{reverse('runs:list')}?{query}"))
        return re.findall(r"<q>moth (number\d)</q></a>", page)

    assert seen("") == ["number2", "number1", "number0"]
    assert seen("", stranger) == []
    assert seen("q=moth&state=failed") == ["number1"]
    assert seen(f"since={day}&until={day}&q=numb") == ["number2", "number1", "number0"]
    assert seen("until=2020-01-01") == []
    assert seen(f"network={network.slug}&state=stopped") == ["number2"]
    assert seen("rating=1") == []
    assert seen("q=owl") == []
    assert seen("q=whispers") == []
    assert seen("q=whispers+moth&where=all") == seen("q=moth")


def test_what_makes_no_sense_in_the_address_is_said_and_passed_over(
    owner: Client, run: Run
) -> None:
    text = html_of(owner.get(f"{reverse('runs:list')}?since=yesterday&state=asleep&q=%00&rating=9"))

    assert run.prompt in text
    assert text.count("errorlist") == 4


def test_a_film_strip_begins_with_the_newest_steps_and_leads_to_the_others(
    owner: Client, run: Run, work: Work
) -> None:
    for n in range(runs.FRAMES + 3):  # one more step is due after them
        work(run, f"frame {n}.")
    path = run.get_absolute_url()

    newest = html_of(owner.get(path))
    earlier = html_of(owner.get(f"{path}?before=4"))
    beginning = html_of(owner.get(f"{path}?before={runs.FRAMES}"))
    later = html_of(owner.get(f"{path}?after={runs.FRAMES - 1}"))

    assert f"frame {runs.FRAMES + 2}." in newest
    assert "frame 3." not in newest
    assert newest.index("frame 4.") < newest.index("frame 5.")
    assert ("?before=4" in newest, "?after=" in newest) == (True, False)
    assert ("frame 3." in earlier, "frame 4." in earlier) == (True, False)
    assert ('"?before=' in beginning, f'"?after={runs.FRAMES - 1}' in beginning) == (False, True)
    assert f"frame {runs.FRAMES}." in later
    assert '"?after=' not in later


def test_a_film_strip_of_one_page_leads_nowhere(owner: Client, run: Run, work: Work) -> None:
    for n in range(runs.FRAMES - 1):
        work(run, f"frame {n}.")

    text = html_of(owner.get(run.get_absolute_url()))

    assert "frame 0." in text
    assert ("?before=" in text, "?after=" in text) == (False, False)


def test_a_step_shows_what_it_was_given_and_what_it_gave(
    stranger: Client, public: Network, run: Run, work: Work
) -> None:
    step = work(run, "# A title\n\nand *more* of it")

    text = html_of(stranger.get(step.get_absolute_url()))

    assert "a red balloon" in text
    assert "and <em>more</em> of it" in text
    assert "Attempts" not in text


def test_those_who_control_see_the_attempts(owner: Client, run: Run, work: Work) -> None:
    step = work(run)

    assert "Attempts" in html_of(owner.get(step.get_absolute_url()))


@pytest.fixture
def other_run(run: Run) -> Run:
    return Run.objects.create(
        network=run.network, prompt="x", ring=[], state="stopped", lockout_until=run.created_at
    )


def test_chosen_runs_are_exported_as_one_file_of_bundles(
    owner: Client, run: Run, other_run: Run
) -> None:
    chosen = [run.public_id, other_run.public_id]

    answer = owner.post(reverse("runs:bulk"), {"chosen": chosen, "action": "export"})

    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert sorted(archive.namelist()) == sorted(f"panic-{key}.zip" for key in chosen)
        with zipfile.ZipFile(io.BytesIO(archive.read(f"panic-{run.public_id}.zip"))) as bundle:
            assert run.public_id in bundle.read("run.json").decode()


@pytest.mark.parametrize("back", ["foo", "archive:detail", "//example.org/", "\\\\x", "/\\x", ""])
def test_the_way_back_to_the_list_is_an_address_of_ours(owner: Client, run: Run, back: str) -> None:
    answer = owner.post(reverse("runs:bulk"), {"chosen": [run.public_id], "next": back})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/runs/")


def test_chosen_runs_are_deleted_where_one_may_edit(
    owner: Client, other: Client, stranger: Client, run: Run, other_run: Run
) -> None:
    Network.objects.update(public=True)
    body = {
        "chosen": [run.public_id, other_run.public_id],
        "action": "delete",
        "next": "/runs/?q=x",
    }

    refused, unknown = (
        other.post(reverse("runs:bulk"), body),
        stranger.post(reverse("runs:bulk"), body),
    )
    assert (refused.headers["Location"], unknown.status_code) == ("/runs/?q=x", 302)
    assert Run.objects.count() == 2

    owner.post(reverse("runs:bulk"), {**body, "next": "https://example.org/"})
    assert Run.objects.count() == 0


def test_nothing_chosen_changes_nothing(owner: Client, run: Run) -> None:
    answer = owner.post(reverse("runs:bulk"), {"action": "delete", "next": "//example.org/"})

    assert answer.headers["Location"] == reverse("runs:list")
    assert Run.objects.count() == 1


def test_why_a_step_failed_is_stored_in_english_and_shown_in_french(
    owner: Client, run: Run
) -> None:
    step = run.invocations.get()
    detail = (
        "What the model gave could not be kept. The image is damaged: it cannot be read to its end."
    )
    Invocation.objects.filter(pk=step.pk).update(
        state="failed", error_code="unusable", error_detail=detail
    )
    path = reverse("invocations:detail", args=[step.public_id])

    english = html_of(owner.get(path))
    french = html_of(owner.get(path, headers={"accept-language": "fr"}))

    assert (detail in english, detail in french) == (True, False)
    assert "n\u2019a pas pu être gardé. Le fichier (image) est endommagé" in french
