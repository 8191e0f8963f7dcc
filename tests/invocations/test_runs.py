from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import User
from invocations import refusals, runs
from invocations.models import Invocation, Run
from invocations.prompts import BadPrompt
from invocations.states import IllegalMove, Reason
from networks.models import Network
from realtime.models import Event

pytestmark = pytest.mark.django_db


def start(network: Network, at: datetime, prompt: str = "a red balloon", **more: object) -> Run:
    return runs.start_run(network=network, prompt=prompt, at=at, **more).run  # type: ignore[arg-type]


def event_types() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_a_prompt_becomes_one_run_with_its_first_step(network: Network, at: datetime) -> None:
    run = start(network, at)

    step = run.invocations.get()
    assert (run.state, run.prompt, step.sequence, step.slot) == ("running", "a red balloon", 0, 0)
    assert (step.state, step.due_at, step.input_text) == ("ready", at, "a red balloon")
    assert event_types() == ["run.started", "invocation.created"]


def test_the_ring_is_frozen_when_the_run_starts(network: Network, at: datetime) -> None:
    run = start(network, at)

    Network.objects.filter(pk=network.pk).update(slots=[{"model": "dummy:text-to-image"}])

    run.refresh_from_db()
    assert [slot.model for slot in run.slots] == ["dummy:text-to-text", "dummy:text-to-text"]


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("", "Type a few words first."),
        ("  \n\t ", "Type a few words first."),
        ("\u200b\u202e \ufeff", "Type a few words first."),
        ("x" * 100_000, "That is 100,000 characters; at most 2,000 fit."),
        ("a\x00b", "control characters"),
        ("\x1b[2J", "control characters"),
        ("\udcff\udcfe", "control characters"),
    ],
)
def test_a_prompt_that_is_no_prompt_is_refused_in_words(
    network: Network, at: datetime, prompt: str, sentence: str
) -> None:
    with pytest.raises(BadPrompt, match=sentence):
        start(network, at, prompt)

    assert not Run.objects.exists()


def test_line_breaks_and_emoji_are_welcome(network: Network, at: datetime) -> None:
    run = start(network, at, "two\r\nlines 👩‍🚀 مرحبا")

    assert run.prompt == "two\nlines 👩‍🚀 مرحبا"


def test_a_second_prompt_within_the_lockout_is_told_when_it_may_come(
    network: Network, at: datetime
) -> None:
    start(network, at)

    with pytest.raises(refusals.Lockout) as refused:
        start(network, at + timedelta(seconds=29))

    assert refused.value.ready_at == at + timedelta(seconds=30)
    assert start(network, at + timedelta(seconds=30)).state == "running"


def test_stopping_does_not_clear_the_lockout(network: Network, at: datetime) -> None:
    runs.stop_run(run=start(network, at), reason=Reason.PERSON, at=at)

    with pytest.raises(refusals.Lockout):
        start(network, at + timedelta(seconds=1))


def test_the_lockout_can_be_waived(network: Network, at: datetime) -> None:
    older = start(network, at)

    newer = start(network, at, "another", waive_lockout=True)

    older.refresh_from_db()
    assert (older.state, older.reason, newer.state) == ("stopped", "superseded", "running")
    assert older.invocations.get().state == "cancelled"


def test_the_same_client_key_gives_the_same_run(network: Network, at: datetime) -> None:
    first = runs.start_run(network=network, prompt="once", at=at, client_key="k")

    again = runs.start_run(network=network, prompt="once", at=at, client_key="k")

    assert (first.created, again.created) == (True, False)
    assert first.run == again.run
    with pytest.raises(refusals.KeyReused):
        runs.start_run(network=network, prompt="twice", at=at, client_key="k")


def test_an_empty_network_says_why_it_cannot_run(alice: User, at: datetime) -> None:
    empty = Network.create(alice, name="Empty")

    with pytest.raises(refusals.NotRunnable) as refused:
        start(empty, at)

    assert refused.value.problems == ["The ring is empty: add at least one model."]


def test_a_network_whose_model_is_gone_says_which(alice: User, at: datetime) -> None:
    stale = Network.create(alice, name="Stale", slots=[{"model": "dummy:no-more"}])

    with pytest.raises(refusals.NotRunnable, match="no model called “dummy:no-more”"):
        start(stale, at)


def test_pause_holds_the_next_step_and_resume_lets_it_go(network: Network, at: datetime) -> None:
    run = start(network, at)

    runs.pause_run(run=run)
    held = run.invocations.get()
    runs.resume_run(run=run, at=at + timedelta(minutes=5))

    assert (held.state, held.due_at) == ("ready", None)
    assert run.invocations.get().due_at == at + timedelta(minutes=5)
    assert event_types()[2:] == ["run.paused", "run.resumed"]


def test_what_has_ended_stays_ended(network: Network, at: datetime) -> None:
    run = runs.stop_run(run=start(network, at), reason=Reason.PERSON, at=at)

    with pytest.raises(IllegalMove):
        runs.stop_run(run=run, reason=Reason.PERSON, at=at)
    with pytest.raises(IllegalMove):
        runs.pause_run(run=run)
    with pytest.raises(IllegalMove):
        runs.resume_run(run=run, at=at)


def test_stop_closes_the_open_step_and_says_so(network: Network, at: datetime) -> None:
    run = start(network, at)

    runs.stop_run(run=run, reason=Reason.PERSON, at=at)

    assert Invocation.objects.get().state == "cancelled"
    assert event_types()[2:] == ["run.stopped", "invocation.cancelled"]


def test_a_spent_budget_refuses_the_start(network: Network, at: datetime) -> None:
    network.budgets = {"calls_per_hour": 0}

    with pytest.raises(refusals.BudgetSpent, match="calls of this hour"):
        start(network, at)
