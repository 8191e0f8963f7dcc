"""The trajectory of a run and of a network, as the API gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from invocations import runs
from invocations.models import Invocation, Run
from networks.models import Network
from observatory import redraws, twins
from observatory.models import Companion, Redraw
from observatory.models.companion import Purpose
from observatory.numbers import Estimate, Numbers
from observatory.sentences import sentence
from observatory.trajectories import Findings, trajectory_of_network, trajectory_of_run
from tests.observatory.embedding_host import Embed
from tests.people import Work

WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "frost",
    "grove",
    "haven",
    "inlet",
    "jetty",
    "knoll",
    "larch",
    "mango",
    "north",
]


def texts(number: int, prompt: str = "") -> list[str]:
    """Each differs from the last by a word, and keeps those of the prompt."""
    return [
        f"{prompt} {WORDS[at % 14]} {WORDS[(at + 1) % 14]} {WORDS[(number + at * 3) % 14]} {at}"
        for at in range(number, number + 16)
    ]


def run_of(network: Network, work: Work, prompt: str, number: int, seed: int | None = None) -> Run:
    run = runs.start_run(
        network=network,
        prompt=prompt,
        at=timezone.now() - timedelta(minutes=1),
        waive_lockout=True,
        seed=seed,
    ).run
    for text in texts(number, prompt):
        work(run, text)
    return run


def test_points_stay_where_they_are(run: Run, work: Work, embed: Embed) -> None:
    for text in texts(0):
        work(run, text)
    embed()
    before = trajectory_of_run(run).points
    work(run, "something else entirely, far away")
    embed()

    after = trajectory_of_run(run).points

    assert len(before) == 16
    assert after[:16] == before
    assert before[0].from_previous is None
    assert all(point.from_prompt is not None for point in before)


def test_a_run_that_has_just_begun_has_reasons_and_a_sentence(run: Run) -> None:
    found = trajectory_of_run(run)

    assert found.points == []
    assert found.numbers.memory.reason == "few_texts"
    assert found.sentence == "It is too early to tell where this run is going."


def test_memory_is_told_from_twins_and_strangers(
    network: Network, work: Work, embed: Embed
) -> None:
    for number, prompt in enumerate(("owl", "fox", "elk", "bee")):
        run_of(network, work, prompt, number)
    mine = [run_of(network, work, "A Red  balloon", number) for number in (5, 6)][-1]
    embed()

    found = trajectory_of_run(mine)

    assert (found.twins, found.strangers) == (1, 4)
    memory = found.numbers.memory
    assert memory.value is not None
    assert (memory.low or 0) <= memory.value <= (memory.high or 0)
    of_network = trajectory_of_network(network)
    assert of_network.numbers.memory.value is not None
    assert [share.slot for share in of_network.shares] == [0]
    assert of_network.shares[0].noise == 1


def test_the_picture_of_a_network_has_none_of_its_twins(
    network: Network, work: Work, embed: Embed
) -> None:
    run = run_of(network, work, "owl", 0)
    copy = Companion.get_or_make(network, Purpose.TWIN).set_up(network.ring)
    twin = run_of(copy, work, "owl", 1)
    embed()

    found = trajectory_of_network(network)

    assert [shown for shown, _ in found.runs] == [run]
    assert trajectory_of_run(run).twins == 1
    assert twin.network != network


def test_runs_on_other_models_are_nobodys_strangers(
    network: Network, work: Work, embed: Embed
) -> None:
    run_of(network, work, "owl", 0)
    Network.objects.filter(pk=network.pk).update(
        slots=[{"model": "dummy:text-to-text"}, {"model": "dummy:text-to-text"}]
    )
    network.refresh_from_db()
    mine = run_of(network, work, "fox", 1)
    embed()

    assert trajectory_of_run(mine).strangers == 0


def test_the_same_words_by_the_same_seed_are_no_twin(
    network: Network, work: Work, embed: Embed
) -> None:
    """Nothing differs there by chance: memory would be all."""
    first = run_of(network, work, "owl", 0, seed=7)
    run_of(network, work, "owl", 0, seed=7)
    embed()

    found = trajectory_of_run(first)

    assert (found.twins, found.strangers) == (0, 0)
    assert trajectory_of_network(network).numbers.memory.reason == "no_twin"

    run_of(network, work, "owl", 1, seed=8)
    embed()

    assert trajectory_of_run(first).twins == 1


def test_a_branch_is_nobodys_twin_and_has_none(network: Network, work: Work, embed: Embed) -> None:
    """It has the words of the run that it left, but began from one of its outputs."""
    first = run_of(network, work, "owl", 0)
    source = first.invocations.order_by("-sequence")[1]
    branch = runs.branch_run(source=source, at=timezone.now())
    for text in texts(1, "owl"):
        work(branch, text)
    embed()

    assert trajectory_of_run(first).twins == 0
    assert trajectory_of_run(branch).twins == 0
    assert len(trajectory_of_run(branch).points) == 16


def test_what_befell_a_run_is_named_by_its_steps(run: Run, work: Work, embed: Embed) -> None:
    work(run, "a red balloon over the sea")
    steps = [work(run, "a grey sea, again") for _ in range(6)]
    work(run, "a grey sea, again", truncated=True)
    embed()

    found = trajectory_of_run(run).findings

    assert found.frozen_at == steps[0].sequence
    assert [(one.noun, one.sequence) for one in found.lost] == [("balloon", steps[0].sequence)]
    assert found.lost[0].model == "dummy:text-to-text"
    assert found.truncated == (7,)


def test_the_sentence_of_a_network_speaks_of_the_network(network: Network) -> None:
    found = trajectory_of_network(network)

    assert found.sentence == "It is too early to tell what this network does with words."


def test_the_sentence_says_what_the_numbers_do() -> None:
    numbers = Numbers(Estimate(0.08), Estimate(0.02), Estimate(0.33))

    assert sentence(numbers, Findings()) == (
        "The words it began with still decide about 33 % of what comes. "
        "About 80 % of each step is chance, which the next one forgets."
    )
    assert sentence(numbers, Findings(frozen_at=4)).startswith("This run is frozen: since step 5")


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        (Estimate(0.33, 0.1, 0.5), "still decide about 33 % of what comes"),
        (Estimate(0.02, -0.3, 0.4), "decide at most about 40 % of what comes, perhaps nothing"),
        (Estimate(0.3, -0.1, 1.4), "still decide cannot be told yet"),
        (Estimate(-0.2, -0.4, 0.01), "Nothing of the words it began with decides"),
    ],
)
def test_the_sentence_promises_no_memory_that_may_be_none(memory: Estimate, words: str) -> None:
    said = sentence(Numbers(Estimate(None), Estimate(None), memory), Findings())

    assert words in said


def test_the_api_gives_it_with_reasons(owner: Any, run: Run, work: Work, embed: Embed) -> None:
    work(run, "a kite")
    embed()

    body = owner.get(f"/api/v1/runs/{run.public_id}/trajectory").json()

    assert set(body) == {
        "points", "noise", "kept", "memory", "interval", "twins", "strangers", "frozen_at",
        "flat_at", "cycle", "lost", "truncated", "perturbed", "sentence",
    }  # fmt: skip
    assert body["noise"] is None
    assert body["interval"]["noise"]["reason"].startswith("There are too few texts")
    (point,) = body["points"]
    assert point["sequence"] == 0


def test_a_twin_begins_beside_the_run(owner: Any, network: Network) -> None:
    asked = {"prompt": "a bell", "twin": True, "seed": 7}
    answer = owner.post(
        f"/api/v1/networks/{network.slug}/runs", asked, content_type="application/json"
    )

    twin = Run.objects.get(public_id=answer.json()["twin"])
    run = Run.objects.get(public_id=answer.json()["id"])
    assert twin.prompt == run.prompt
    assert twin.network != network
    assert twin.network.owner == network.owner
    assert not twin.network.public
    assert run.seed == 7
    assert twin.seed not in (None, 7)
    assert run.live
    assert set(twins.runs_of_archive(network)) == {run, twin}


def test_the_same_copy_serves_all_twins(network: Network) -> None:
    for prompt in ("a bell", "a moth"):
        started = runs.start_run(
            network=network, prompt=prompt, at=timezone.now(), waive_lockout=True
        )
        assert twins.start_twin(started.run, timezone.now())

    assert Companion.objects.count() == 1


def test_without_a_word_about_it_there_is_no_twin(owner: Any, network: Network) -> None:
    answer = owner.post(
        f"/api/v1/networks/{network.slug}/runs", {"prompt": "x"}, content_type="application/json"
    )

    assert answer.json()["twin"] is None
    assert Run.objects.count() == 1


def finish(redraw: Redraw, work: Work) -> None:
    """Carry the live run of the redraw to its end."""
    live = redraw.runs.live().get()
    work(live, f"draw {redraw.runs.count()}")
    work(live, "back")


def test_a_step_is_drawn_again_as_often_as_was_asked(run: Run, work: Work, alice: User) -> None:
    work(run, "a kite")
    step = work(run, "a moth")
    at = timezone.now()
    redraw = redraws.begin(step=step, times=2, at=at, by=alice)

    redraws.go_on(redraw.pk, at=at)
    redraws.go_on(redraw.pk, at=at)  # the first one is not over: nothing happens
    assert redraw.runs.count() == 1
    finish(redraw, work)
    redraws.go_on(redraw.pk, at=at)
    finish(redraw, work)
    redraws.go_on(redraw.pk, at=at)

    redraw.refresh_from_db()
    assert redraw.ended_at is not None
    assert not redraw.problem
    drawn = redraws.drawn_steps(redraw)
    assert [one.output_text for one in drawn] == ["draw 1", "draw 2"]
    assert {one.input_text for one in drawn} == {"a kite"}
    assert {one.model for one in drawn} == {step.model}
    assert Run.objects.get(pk=run.pk).live


def test_a_redraw_that_may_not_go_on_says_why(run: Run, work: Work, alice: User) -> None:
    step = work(run, "a moth")
    redraw = redraws.begin(step=step, times=2, at=timezone.now(), by=alice)
    Invocation.objects.filter(pk=step.pk).update(model="dummy:no-such")

    redraws.go_on(redraw.pk, at=timezone.now())

    redraw.refresh_from_db()
    assert redraw.ended_at is not None
    assert redraw.problem


def test_one_step_of_a_network_is_drawn_again_at_a_time(owner: Any, run: Run, work: Work) -> None:
    step = work(run, "a moth")
    path = f"/api/v1/invocations/{step.public_id}/redraw"

    first = owner.post(path, {"times": 2}, content_type="application/json")
    second = owner.post(path, {"times": 2}, content_type="application/json")

    assert first.status_code == 201
    assert first.json()["outputs"] == []
    assert (second.status_code, second.json()["code"]) == (409, "redraw_refused")
    assert owner.get(f"/api/v1/redraws/{first.json()['id']}").json()["times"] == 2
