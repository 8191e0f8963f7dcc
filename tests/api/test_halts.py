from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from invocations.engine import outcomes
from invocations.engine.claims import Holder, claim_step
from invocations.models import Invocation, Run
from invocations.states import Outcome

from .conftest import ApiClient, code


def test_the_red_button_stops_everything_and_latches(
    admin: ApiClient, owner: ApiClient, run: Run
) -> None:
    receipt = admin.post("stop-all").json()
    refused = owner.post("networks/whispers/runs", {"prompt": "again", "waive_lockout": True})

    assert receipt == {
        "id": receipt["id"],
        "committed_at": receipt["committed_at"],
        "runs_stopped": 1,
        "runs": [run.public_id],
        "calls": [],
        "displays": [],
        "farm_workers": {"told": 0, "confirmed": 0},
        "complete": True,
    }
    assert owner.get(f"runs/{run.public_id}").json()["reason"] == "panic"
    assert code(refused) == (409, "halted")


def test_the_receipt_fills_in(admin: ApiClient, run: Run) -> None:
    taken = claim_step(run.invocations.get().pk, holder=Holder("w"), at=timezone.now())
    assert taken is not None

    first = admin.post("stop-all").json()
    outcomes.cancelled(taken, Outcome.CANCELLED, at=timezone.now())
    later = admin.get(f"stop-all/{first['id']}").json()

    step = taken.invocation.public_id
    assert (first["calls"], first["complete"]) == (
        [{"invocation": step, "outcome": "pending", "usd": None}],
        False,
    )
    assert (later["calls"], later["complete"]) == (
        [{"invocation": step, "outcome": "cancelled", "usd": None}],
        True,
    )


def test_stopping_all_twice_gives_the_same_stop_all(admin: ApiClient, run: Run) -> None:
    assert admin.post("stop-all").json()["id"] == admin.post("stop-all").json()["id"]


def test_resume_goes_on_with_each_run_from_its_last_step(
    admin: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)
    work(run, text="so far")
    admin.post("stop-all")

    (resumed,) = admin.post("resume-all").json()["runs"]

    steps = admin.get(f"runs/{resumed}/invocations").json()["items"]
    assert [step["input"] for step in steps] == [{"text": "so far"}]
    assert admin.post("resume-all").json() == {"runs": [], "paused": [], "not_resumed": []}
