"""Two runs that begin together: twins and variants, and how they part."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from invocations import removal, runs, visitor_access
from invocations.models import Run
from invocations.states import Reason, RunState
from networks.hooks import hooks as network_hooks
from networks.models import Network
from observatory import run_pairs, twins
from observatory.models import Companion, RunPair
from observatory.partings import pair_of_run, parting_of
from tests.observatory.embedding_host import Embed
from tests.people import Work, html_of


@pytest.fixture
def companion(run: Run) -> Run:
    """Of the run, from words of which one is another."""
    found = twins.start_variant(run, "a blue balloon", timezone.now() - timedelta(minutes=1))
    assert found is not None
    return found


def start(client: Any, network: Network, **asked: object) -> Any:
    address = f"/api/v1/networks/{network.slug}/runs"
    return client.post(address, asked, content_type="application/json")


def test_a_variant_begins_beside_the_run_from_the_same_chance(owner: Any, network: Network) -> None:
    answer = start(owner, network, prompt="a red bell", variant="a blue bell")

    assert answer.status_code == 201
    found = Run.objects.get(public_id=answer.json()["variant"])
    run = Run.objects.get(public_id=answer.json()["id"])
    assert answer.json()["twin"] is None
    assert (found.prompt, found.seed) == ("a blue bell", run.seed)
    assert run.seed is not None
    assert found.network != network
    assert not found.network.public
    assert set(twins.runs_of_archive(network)) == {run}  # one word is no stranger


def test_a_repeated_start_names_the_same_companion(owner: Any, network: Network) -> None:
    asked = {"prompt": "a red bell", "variant": "a blue bell", "client_key": "once"}

    first, again = (start(owner, network, **asked) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["variant"] == again.json()["variant"]
    assert RunPair.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"variant": "A  red bell"}, "bad_prompt"),
        ({"variant": " "}, "bad_prompt"),
        ({"variant": "a blue bell", "twin": True}, "invalid"),
    ],
)
def test_nothing_begins_where_the_variant_cannot(
    owner: Any, network: Network, asked: dict[str, object], code: str
) -> None:
    answer = start(owner, network, prompt="a red bell", **asked)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert not Run.objects.exists()


def test_a_companion_does_what_its_run_was_told(run: Run, companion: Run) -> None:
    def followed() -> tuple[list[int], str]:
        due = list(run_pairs.due_pairs(timezone.now()))
        for pk in due:
            run_pairs.follow(pk, at=timezone.now())
        companion.refresh_from_db()
        return due, companion.state

    assert followed() == ([], RunState.RUNNING)

    runs.pause_run(run=run)
    assert followed() == ([run.pk], RunState.PAUSED)

    runs.resume_run(run=run, at=timezone.now())
    assert followed() == ([run.pk], RunState.RUNNING)

    runs.stop_run(run=run, reason=Reason.PERSON, at=timezone.now())
    assert followed() == ([run.pk], RunState.STOPPED)
    assert followed() == ([], RunState.STOPPED)


def test_a_companion_goes_to_its_own_end_beside_a_run_that_came_to_its_own(
    run: Run, companion: Run
) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.COMPLETED, ended_at=timezone.now())

    assert run_pairs.due_pairs(timezone.now()) == []


def test_how_far_they_are_apart_is_told_of_texts_of_the_same_step(
    run: Run, companion: Run, work: Work, embed: Embed
) -> None:
    for one, other in (("a bell", "a bell"), ("a kite over the sea", "a grey engine")):
        work(run, one)
        work(companion, other)
    work(run, "the companion is not here yet")
    embed()

    pair = pair_of_run(companion)
    assert pair is not None
    found = parting_of(pair)

    assert [text.sequence for text in found.texts] == [0, 1]
    assert found.texts[0].apart == pytest.approx(0, abs=0.001)
    assert found.texts[1].apart > 0.5
    assert [side.run for side in found.sides] == [run, companion]
    assert [[step.output_text for step in side.steps] for side in found.sides] == [
        ["a kite over the sea"],
        ["a grey engine"],
    ]
    assert [[word.text for word in side.prompt if word.changed] for side in found.sides] == [
        ["red"],
        ["blue"],
    ]
    assert found.beginning == "1 word is another."
    assert found.sentence.startswith(f"After 2 texts they are {found.apart} apart.")
    assert found.line.startswith("0.0,50.0 100.0,5")


def test_its_page_shows_both_and_only_those_who_control_get_links_to_the_companion(
    owner: Any, stranger: Any, public: Network, run: Run, companion: Run, work: Work
) -> None:
    work(run, "a bell")
    work(companion, "a gong")
    address = f"/runs/{run.public_id}/pair/"

    mine, theirs = html_of(owner.get(address)), html_of(stranger.get(address))
    part = html_of(owner.get(f"{address}?part=1"))

    for page in (mine, theirs, part):
        assert "<mark>red</mark>" in page
        assert "<mark>blue</mark>" in page
        assert "a gong" in page
    assert f"/runs/{companion.public_id}/" in mine
    assert f"/runs/{companion.public_id}/" not in theirs
    assert "<html" not in part
    assert owner.get(f"/runs/{companion.public_id}/pair/").status_code == 200
    assert stranger.get(f"/runs/{companion.public_id}/pair/").status_code == 404


def test_a_run_alone_has_a_page_that_says_so(owner: Any, run: Run) -> None:
    page = html_of(owner.get(f"/runs/{run.public_id}/pair/"))

    assert "No other run began beside this one." in page


@pytest.mark.parametrize(
    ("beside", "prompt"),
    [("twin", "a red bell"), ("variant", "a blue bell")],
)
def test_a_curator_begins_two_from_the_networks_page(
    owner: Any, network: Network, beside: str, prompt: str
) -> None:
    answer = owner.post(
        f"/n/{network.slug}/start/",
        {"prompt": "a red bell", "pair": beside, "variant": "a blue bell", "client_key": "k"},
    )

    pair = RunPair.objects.get()
    assert answer.url == f"/runs/{pair.run.public_id}/pair/"
    assert pair.companion.prompt == prompt
    assert (pair.companion.seed == pair.run.seed) is (beside == "variant")


def test_words_of_a_variant_that_is_refused_are_kept(owner: Any, network: Network) -> None:
    asked = {"prompt": "a red bell", "pair": "variant", "variant": "A red  bell"}

    page = html_of(owner.post(f"/n/{network.slug}/start/", asked, follow=True))

    assert not Run.objects.exists()
    assert ">A red  bell</textarea>" in page
    assert ">a red bell</textarea>" in page


def test_its_private_copies_go_with_a_network(network: Network, run: Run, companion: Run) -> None:
    twins.start_twin(companion, timezone.now())  # a copy of a copy
    assert Companion.objects.count() == 2

    counted = network_hooks.usage_summary(network)
    network_hooks.delete(network, None)

    assert counted.runs == 2
    assert counted.running
    assert not Network.objects.exists()
    assert not Run.objects.exists()


def test_a_companion_goes_with_its_run(run: Run, companion: Run) -> None:
    removal.delete_run(run=run, at=timezone.now())

    assert not Run.objects.exists()


def test_a_companion_is_withdrawn_with_its_run(run: Run, companion: Run) -> None:
    token = visitor_access.withdrawal_token(run)

    visitor_access.withdraw(run=run, shown=token, at=timezone.now())

    companion.refresh_from_db()
    assert companion.withdrawn_at is not None
    assert not companion.live
    assert pair_of_run(run) is None
