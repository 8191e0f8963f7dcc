from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from assets.models import Asset
from invocations.engine import outcomes
from invocations.engine.claims import Holder, claim_step
from invocations.models import Invocation, Run
from networks.models import Network
from platforms.errors import NotConfigured

from .conftest import ApiClient, code, problem

Work = Callable[..., Invocation]


def steps_of(run: Run) -> str:
    return f"runs/{run.public_id}/invocations"


def fail(run: Run) -> Invocation:
    step = run.invocations.open().get()
    taken = claim_step(step.pk, holder=Holder("host:1"), at=timezone.now())
    assert taken is not None
    outcomes.fail(taken, NotConfigured("The SECRET_KEY of Acme is missing."), at=timezone.now())
    step.refresh_from_db()
    return step


@pytest.fixture
def picture(db: None) -> Asset:
    return Asset.objects.create(
        sha256="a" * 64,
        kind="image",
        content_type="image/png",
        extension="png",
        bytes=12,
        width=320,
        height=200,
    )


def test_steps_come_in_their_order_with_what_went_in_and_out(
    owner: ApiClient, run: Run, work: Work, picture: Asset
) -> None:
    step = work(run)
    Invocation.objects.filter(pk=step.pk).update(output_text="", output_asset=picture)

    first, second = owner.get(steps_of(run)).json()["items"]

    assert first == {
        "id": step.public_id,
        "sequence": 0,
        "slot": 0,
        "model": "dummy:text-to-image",
        "state": "completed",
        "input": {"text": "a red balloon"},
        "output": {
            "asset": {
                "url": f"/assets/{'a' * 64}.png",
                "type": "image/png",
                "bytes": 12,
                "width": 320,
                "height": 200,
                "seconds": None,
            }
        },
        "substituted": False,
        "error": None,
        "attempts": 1,
        "seconds": first["seconds"],
        "usd": 0.25,
        "usd_uncertain": 0.0,
        "created_at": first["created_at"],
        "due_at": first["due_at"],
        "started_at": first["started_at"],
        "ended_at": first["ended_at"],
    }
    assert first["ended_at"].endswith("Z")
    assert (second["sequence"], second["slot"], second["state"]) == (1, 1, "ready")
    assert (second["output"], second["attempts"], second["usd"]) == (None, 0, None)


def test_steps_are_read_in_pages_by_their_sequence(owner: ApiClient, run: Run, work: Work) -> None:
    for _ in range(4):
        work(run)

    first = owner.get(steps_of(run), limit=2).json()
    second = owner.get(steps_of(run), limit=2, after=first["next"]).json()
    rest = owner.get(steps_of(run), after=3).json()

    pages = [[item["sequence"] for item in page["items"]] for page in (first, second, rest)]
    assert pages == [[0, 1], [2, 3], [4]]
    assert rest["next"] is None


@pytest.mark.parametrize("after", ["x", -2, 2**31, 10**30, "1.5"])
def test_a_step_that_cannot_be_is_refused(after: object, owner: ApiClient, run: Run) -> None:
    assert code(owner.get(steps_of(run), after=after)) == (422, "invalid")


def test_lists_of_steps_do_not_ask_per_step(
    owner: ApiClient,
    run: Run,
    work: Work,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(12):
        work(run)
    owner.get(steps_of(run))  # a token's first use in an hour is noted

    with django_assert_max_num_queries(3):
        assert len(owner.get(steps_of(run)).json()["items"]) == 13


def test_one_step_shows_each_try_at_it(owner: ApiClient, run: Run) -> None:
    step = fail(run)

    body = owner.get(f"invocations/{step.public_id}").json()

    (attempt,) = body["attempts"]
    assert (body["run"], body["network"], body["state"]) == (run.public_id, "whispers", "failed")
    assert body["error"] == attempt["error"]
    assert attempt["error"]["detail"] == "The SECRET_KEY of Acme is missing."
    assert (attempt["number"], attempt["outcome"], attempt["worker"]) == (1, "failed", "host:1")
    assert attempt["idempotency_key"].startswith(step.public_id)
    assert "token" not in attempt


def test_what_went_wrong_inside_is_for_those_who_run_it(
    public: Network,
    stranger: ApiClient,
    other: ApiClient,
    guest: ApiClient,
    collaborator: ApiClient,
    run: Run,
) -> None:
    step = fail(run)

    for caller in (stranger, other, guest):
        body = caller.get(f"invocations/{step.public_id}").json()
        listed = caller.get(steps_of(run)).json()["items"][0]
        assert body["error"]["code"] == listed["error"]["code"] == "not_configured"
        assert "SECRET" not in str(body) + str(listed)
        assert body["attempts"][0]["worker"] is body["attempts"][0]["parameters"] is None
    shown = collaborator.get(steps_of(run)).json()["items"][0]
    assert "SECRET" in shown["error"]["detail"]


def test_a_branch_goes_on_after_a_step(owner: ApiClient, run: Run, work: Work) -> None:
    work(run)
    step = work(run, text="the last words")

    answer = owner.post(f"invocations/{step.public_id}/branch")

    first = owner.get(f"runs/{answer.json()['id']}/invocations").json()["items"][0]
    assert (answer.status_code, answer.json()["state"]) == (201, "running")
    assert first["input"] == {"text": "the last words"}
    assert (first["sequence"], first["slot"]) == (0, 0)


def test_a_branch_may_go_on_on_another_network_of_ones_own(
    other: ApiClient, public: Network, run: Run, work: Work
) -> None:
    step = work(run)
    other.post("networks", {"name": "Mine", "model_ids": ["dummy:text-to-text"]})
    path = f"invocations/{step.public_id}/branch"

    mine = other.post(path, {"network": "mine"})
    theirs = other.post(path, {"network": "whispers"})
    nowhere = other.post(path, {"network": "nowhere"})

    assert (mine.status_code, mine.json()["network"]) == (201, "mine")
    assert (theirs.status_code, nowhere.status_code) == (403, 404)


def test_a_step_without_an_output_cannot_be_branched(owner: ApiClient, run: Run) -> None:
    step = run.invocations.get()

    answer = owner.post(f"invocations/{step.public_id}/branch", {})

    assert code(answer) == (409, "illegal_state")
    assert problem(answer)["allowed"] == ["completed"]


def test_a_network_that_takes_nothing_of_the_kind_cannot_go_on(
    owner: ApiClient, run: Run, work: Work
) -> None:
    step = work(run)
    owner.post("networks", {"name": "Empty"})

    answer = owner.post(f"invocations/{step.public_id}/branch", {"network": "empty"})

    assert code(answer) == (422, "not_runnable")


@pytest.mark.parametrize("body", [{"network": 5}, {"network": "x" * 61}, {"ring": []}, [], "x"])
def test_a_branch_takes_a_network_and_nothing_else(
    body: object, owner: ApiClient, run: Run, work: Work
) -> None:
    step = work(run)

    assert code(owner.post(f"invocations/{step.public_id}/branch", body)) == (422, "invalid")
