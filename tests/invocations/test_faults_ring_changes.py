"""The ring changes under a run: models vanish, curators edit, slots are left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from assets.models import Asset
from invocations import refusals, runs
from invocations.engine import calls, claims, outcomes
from invocations.engine.outcomes import Result
from invocations.models import Invocation, Run
from invocations.states import Reason
from networks.models import Network
from platforms.errors import NotConfigured, Refused, Unavailable
from platforms.registry import registered_temporarily

from .changing_platform import CAPTION, PICTURE, WORDS, Shelf
from .conftest import ring
from .manual_worker import last, perform, start, states, take

pytestmark = pytest.mark.django_db
NO_WAIT = [{"until_seconds": None, "delay_seconds": 0}]


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    one = Shelf()
    with registered_temporarily(one):
        yield one


def network_of(alice: User, *slots: str | dict[str, object], **fields: object) -> Network:
    return Network.create(alice, name="Changing", slots=ring(*slots), pacing=NO_WAIT, **fields)


def picture() -> Asset:
    return Asset.objects.create(
        sha256="a" * 64, kind="image", content_type="image/png", extension="png", bytes=1
    )


def refuse(run: Run, at: datetime) -> None:
    outcomes.fail(take(run, at), Refused("Not that.", kind="sensitive"), at=at)


def lose_model(claim: claims.Claim, at: datetime) -> None:
    """What a call does when it cannot find its model."""
    with pytest.raises(NotConfigured) as lost:
        _ = claim.model
    outcomes.fail(claim, lost.value, at=at)


def test_a_run_turns_on_the_ring_it_began_with_and_the_next_one_on_the_new(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    network = network_of(alice, WORDS.id, WORDS.id)
    run = start(network, at)
    outcomes.complete(take(run, at), Result(text="one"), at=at)

    network.slots = ring(PICTURE.id, CAPTION.id, "dummy:text-to-text")
    network.save()
    for text in ("two", "three"):
        outcomes.complete(take(run, at), Result(text=text), at=at)
    newer = start(network, at)

    assert [step.model for step in run.invocations.in_order()] == [WORDS.id] * 4
    assert last(newer).model == PICTURE.id


def test_emptying_the_ring_does_not_stop_what_runs(shelf: Shelf, alice: User, at: datetime) -> None:
    network = network_of(alice, WORDS.id)
    run = start(network, at)

    Network.objects.filter(pk=network.pk).update(slots=[])
    outcomes.complete(take(run, at), Result(text="one"), at=at)

    assert states(run) == ["completed", "ready"]


def test_a_limit_that_is_set_while_a_run_goes_holds_from_its_next_step(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    network = network_of(alice, WORDS.id)
    run = start(network, at)

    Network.objects.filter(pk=network.pk).update(budgets={"laps_per_run": 1})
    outcomes.complete(take(run, at), Result(text="one"), at=at)

    run.refresh_from_db()
    assert (run.state, run.reason) == ("completed", "lap_limit")


def test_a_model_that_is_gone_ends_the_run_and_is_named(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, WORDS.id), at)
    other = start(network_of(alice, "dummy:text-to-text"), at)
    shelf.gone = {WORDS.id}

    lose_model(take(run, at), at)
    outcomes.complete(take(other, at), Result(text="on and on"), at=at)

    run.refresh_from_db()
    assert (run.state, run.reason) == ("failed", "error")
    assert f"“{WORDS.id}” does not exist any more" in run.detail
    assert states(other) == ["completed", "ready"]
    with pytest.raises(refusals.NotRunnable, match=WORDS.id):
        start(run.network, at)


def test_a_call_that_is_under_way_when_its_model_goes_is_finished(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, WORDS.id, "dummy:text-to-text"), at)
    claim = take(run, at)

    shelf.gone = {WORDS.id}
    outcomes.complete(claim, Result(text="just in time"), at=at)

    assert last(run).input_text == "just in time"


def test_the_fallback_takes_the_place_of_a_model_that_is_gone(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, {"model": WORDS.id, "fallback": "dummy:text-to-text"}), at)
    shelf.gone = {WORDS.id}

    lose_model(take(run, at), at)

    assert take(run, at).model.id == "dummy:text-to-text"


def test_a_model_that_is_back_before_its_turn_was_never_missed(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, "dummy:text-to-text", WORDS.id), at)
    shelf.gone = {WORDS.id}
    outcomes.complete(take(run, at), Result(text="one"), at=at)

    shelf.gone = set()

    assert take(run, at).model.id == WORDS.id


def test_a_fallback_is_not_written_into_a_step_that_was_stopped(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, {"model": "dummy:text-to-text", "fallback": WORDS.id}), at)
    claim = take(run, at)
    runs.stop_run(run=run, reason=Reason.PERSON, at=at)
    before = Invocation.objects.values().get()

    outcomes.fail(claim, NotConfigured("No key."), at=at)

    assert Invocation.objects.values().get() == before


def test_after_a_step_that_was_left_out_the_ring_still_fits(
    shelf: Shelf, alice: User, at: datetime
) -> None:
    run = start(network_of(alice, PICTURE.id, CAPTION.id, refusal_policy="skip"), at)

    refuse(run, at)  # nothing else takes text, so the picture is asked for once more
    outcomes.complete(take(run, at), Result(asset=picture()), at=at)

    assert [step.model for step in run.invocations.in_order()] == [
        PICTURE.id,
        PICTURE.id,
        CAPTION.id,
    ]


def test_steps_that_are_left_out_count_as_laps(alice: User, at: datetime) -> None:
    network = network_of(
        alice,
        "dummy:text-to-text",
        "dummy:text-to-text",
        refusal_policy="skip",
        budgets={"laps_per_run": 1},
    )
    run = start(network, at)

    refuse(run, at)
    refuse(run, at)

    run.refresh_from_db()
    assert (run.state, run.reason, states(run)) == ("completed", "lap_limit", ["failed"] * 2)


def test_steps_that_are_left_out_do_not_outlast_the_runs_hours(alice: User, at: datetime) -> None:
    network = network_of(
        alice, "dummy:text-to-text", refusal_policy="skip", budgets={"hours_per_run": 1}
    )
    run = start(network, at)

    refuse(run, at + timedelta(minutes=59))
    refuse(run, at + timedelta(minutes=60))

    run.refresh_from_db()
    assert (run.state, run.reason) == ("completed", "time_limit")


def test_a_policy_that_changes_while_a_step_is_tried_again_holds_for_its_next_refusal(
    alice: User, at: datetime
) -> None:
    run = start(network_of(alice, "dummy:text-to-text", refusal_policy="skip"), at)
    outcomes.fail(take(run, at), Unavailable("Down."), at=at)

    Network.objects.filter(pk=run.network_id).update(refusal_policy="stop")
    refuse(run, at + timedelta(minutes=2))

    run.refresh_from_db()
    assert (run.state, run.reason) == ("failed", "refused")


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_call_whose_model_is_gone_ends_in_words_and_asks_nobody(
    shelf: Shelf, alice: User, at: datetime, threads: calls.CallThreads
) -> None:
    def begin() -> claims.Claim:
        run = start(network_of(alice, WORDS.id), at)
        shelf.gone = {WORDS.id}
        return take(run, at)

    claim = await sync_to_async(begin)()

    await perform(claim, threads)

    step = await Invocation.objects.aget()
    assert (step.state, step.error_code) == ("failed", "not_configured")
    assert "put another one into the ring" in step.error_detail
