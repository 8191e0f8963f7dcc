"""Runs that are stuck, perturbed where their network asks for it: on record, bounded, and outside of the numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from archive.bundles import importing, writing
from assets.models import Asset
from invocations import runs, takedowns
from invocations.engine.claims import Claim
from invocations.engine.outcomes import Result, complete
from invocations.models import Invocation, Perturbation, Run
from invocations.models.takedown import Replacement
from invocations.perturbations import MAX_PERTURBATIONS
from networks.fields import FIELDS
from networks.models import Network
from observatory.trajectories import trajectory_of_network, trajectory_of_run
from realtime.models import Event
from tests.observatory.embedding_host import Embed
from tests.people import Work

SAME = "The cat sat."
Take = Callable[[Run], Claim]


@pytest.fixture
def perturbing(network: Network) -> Network:
    Network.objects.filter(pk=network.pk).update(perturbation="prompt")
    network.refresh_from_db()
    return network


def given(run: Run) -> list[str]:
    """What the steps took."""
    return [step.input_text for step in run.invocations.in_order()]


def freeze(run: Run, work: Work, times: int = 5) -> None:
    for number in range(times):
        work(run, SAME if number % 2 else SAME.upper())


def test_a_frozen_run_is_given_a_word_of_its_prompt(
    perturbing: Network, run: Run, work: Work
) -> None:
    freeze(run, work)

    assert given(run) == ["a red balloon", *["THE CAT SAT.", SAME] * 2, "THE CAT SAT.\nballoon"]
    step = run.invocations.get(sequence=5)
    assert (step.perturbation.reason, step.perturbation.words) == ("frozen", "balloon")
    told = Event.objects.get(type="invocation.perturbed")
    assert (told.data["invocation"], told.data["reason"]) == (step.public_id, "frozen")
    assert run.invocations.get(sequence=4).output_text == "THE CAT SAT."


def test_nothing_is_added_and_nothing_is_asked_where_no_network_wants_it(
    network: Network, run: Run, work: Work
) -> None:
    with CaptureQueriesContext(connection) as queries:
        freeze(run, work, 9)

    asked = [one["sql"] for one in queries if "perturbation" in one["sql"]]
    assert given(run)[1:] == [SAME.upper(), SAME] * 4 + [SAME.upper()]
    assert asked  # with the run, and never by itself
    assert not [sql for sql in asked if 'FROM "invocations_run"' not in sql]


def test_a_run_that_wanders_is_left_alone(perturbing: Network, run: Run, work: Work) -> None:
    texts = [f"text {number} of many" for number in range(12)]
    for text in texts:
        work(run, text)

    assert given(run)[1:] == texts


def test_the_sentences_of_a_curator_take_turns_and_come_to_an_end(
    network: Network, run: Run, work: Work
) -> None:
    sentences = ["It begins to snow.", "A bell rings."]
    Network.objects.filter(pk=network.pk).update(
        perturbation="sentences", perturbation_sentences=sentences
    )

    freeze(run, work, 6 * (MAX_PERTURBATIONS + 2))

    added = list(Perturbation.objects.filter(run=run).order_by("sequence"))
    assert [one.words for one in added] == sentences * (MAX_PERTURBATIONS // 2)
    apart = {second.sequence - first.sequence for first, second in pairwise(added)}
    assert apart == {5}  # each is given time


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("雪の中の赤い風船", "雪の中の赤い風船"),
        ("it is\nwhat it is", "it is what it is"),
        ("🎈🎈", "🎈🎈"),
    ],
)
def test_a_prompt_without_a_known_thing_is_added_whole(
    perturbing: Network, run: Run, work: Work, prompt: str, words: str
) -> None:
    Run.objects.filter(pk=run.pk).update(prompt=prompt)

    freeze(run, work)

    assert given(run)[-1].split("\n", 1)[1] == words


def test_a_ring_of_two_writers_is_frozen_when_each_repeats_its_own(
    perturbing: Network, work: Work
) -> None:
    ring = [{"model": "dummy:text-to-text"}] * 2
    Network.objects.filter(pk=perturbing.pk).update(slots=ring)
    run = runs.start_run(
        network=Network.objects.get(pk=perturbing.pk), prompt="a red balloon", at=timezone.now()
    ).run

    for _ in range(5):
        work(run, "one says this")
        work(run, "the other that")

    assert [one.sequence for one in Perturbation.objects.filter(run=run)] == [9]


def test_placeholders_are_no_reason(perturbing: Network, run: Run, work: Work) -> None:
    for _ in range(8):
        work(run, SAME)
        Invocation.objects.filter(run=run, state="completed").update(substituted=True)

    assert not Perturbation.objects.exists()


def picture(number: int, size: int) -> Asset:
    return Asset.objects.create(
        sha256=f"{number:064x}", kind="image", content_type="image/png", extension="png", bytes=size
    )


def test_a_run_whose_pictures_went_flat_is_given_a_word_with_its_next_text(
    perturbing: Network, run: Run, take: Take, work: Work
) -> None:
    sizes = [200_000 + 1_000 * number for number in range(8)] + [9_000] * 3
    for number, size in enumerate(sizes):
        taken = take(run)
        complete(taken, Result(asset=picture(number, size)), at=taken.attempt.started_at)
        work(run, f"text {number}")

    found = Perturbation.objects.get()
    assert (found.reason, found.sequence, found.words) == ("flat", 20, "balloon")


def test_a_takedown_reaches_the_text_in_a_perturbed_input(
    perturbing: Network, run: Run, work: Work, alice: User
) -> None:
    freeze(run, work)
    last = run.invocations.get(sequence=4)

    takedowns.take_down(step=last, replacement=Replacement.PLACEHOLDER, by=alice, at=timezone.now())

    assert "CAT" not in given(run)[5]
    assert given(run)[5].endswith("\nballoon")


def test_pages_api_and_bundle_say_what_was_added(
    perturbing: Network, run: Run, work: Work, embed: Embed, owner: Client
) -> None:
    freeze(run, work, 7)
    embed()
    step = run.invocations.get(sequence=5)

    page = owner.get(step.get_absolute_url()).content.decode()
    fragment = owner.get(f"/runs/{run.public_id}/trajectory/").content.decode()
    room = owner.get(perturbing.get_absolute_url()).content.decode()
    bundle = io.BytesIO(b"".join(writing.write_bundle(run, AnonymousUser(), at=timezone.now())))
    again = importing.import_run(network=perturbing, source=bundle, at=timezone.now())

    assert "“balloon” was added to what the step before gave" in page
    assert "step 6 was given “balloon” besides" in fragment
    assert "perturbed" in fragment
    assert "was given words besides" in room
    assert Perturbation.objects.get(run=again).words == "balloon"


def test_nothing_counts_for_the_numbers_that_came_after_a_perturbation(
    network: Network, run: Run, work: Work, embed: Embed
) -> None:
    for number in range(14):
        work(run, f"word{number} word{number + 1} word{number + 2}")
    embed()
    before = trajectory_of_run(run)
    Perturbation.objects.create(
        invocation=run.invocations.get(sequence=14),
        run=run,
        sequence=14,
        reason="frozen",
        words="a",
    )
    for number in range(14):
        work(run, f"other{number * 7} far{number * 5}")
    embed()

    after = trajectory_of_run(run)

    assert after.numbers == before.numbers
    assert [at for at, point in enumerate(after.points) if point.perturbed] == [14]
    assert after.findings.perturbed[0].words == "a"
    assert trajectory_of_network(network).numbers.noise.value == pytest.approx(
        before.numbers.noise.value
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"perturbation": "often"},
        {"perturbation": "sentences"},
        {"perturbation_sentences": [" "]},
        {"perturbation_sentences": ["x" * 201]},
        {"perturbation_sentences": ["x"] * 101},
    ],
)
def test_what_cannot_be_added_is_refused(network: Network, wrong: dict[str, Any]) -> None:
    values = {one.name: one.value_of(network) for one in FIELDS} | wrong
    problems = [one.problem(values[one.name], values) for one in FIELDS if one.name in wrong]
    if "perturbation_sentences" not in wrong:
        sentences = next(one for one in FIELDS if one.name == "perturbation_sentences")
        problems.append(sentences.problem(values["perturbation_sentences"], values))

    assert any(problems)
