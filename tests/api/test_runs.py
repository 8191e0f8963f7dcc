from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from invocations.lockout import lockout_until
from invocations.models import Halt, Invocation, Run, StopAll
from networks.models import Network

from .conftest import RING, ApiClient, code, problem

RUNS = "networks/whispers/runs"


def test_a_prompt_becomes_a_run(owner: ApiClient, network: Network) -> None:
    answer = owner.post(RUNS, {"prompt": "  a red balloon "})

    body = answer.json()
    assert answer.status_code == 201
    assert body == {
        "id": Run.objects.get().public_id,
        "network": "whispers",
        "state": "running",
        "prompt": "a red balloon",
        "created_at": body["created_at"],
        "ended_at": None,
        "reason": None,
        "invocations": 1,
        "usd": None,
        "usd_uncertain": 0.0,
        "rating": None,
        "imported": False,
        "retention": "normal",
        "souvenir": body["souvenir"],
        "twin": None,
        "variant": None,
    }
    assert body["created_at"].endswith("Z")
    assert datetime.fromisoformat(body["created_at"]).tzinfo is not None


def test_a_guest_starts_runs_of_their_own_network(guest: ApiClient, network: Network) -> None:
    assert guest.post(RUNS, {"prompt": "from my phone"}).status_code == 201


def test_a_repeated_client_key_gives_the_same_run_before_the_lockout_is_asked(
    owner: ApiClient, network: Network
) -> None:
    first = owner.post(RUNS, {"prompt": "once", "client_key": "k"})
    again = owner.post(RUNS, {"prompt": "once", "client_key": "k"})
    different = owner.post(RUNS, {"prompt": "twice", "client_key": "k"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert code(different) == (409, "key_reused")


def test_the_lockout_says_when_it_is_over(owner: ApiClient, network: Network, run: Run) -> None:
    answer = owner.post(RUNS, {"prompt": "too soon"})

    assert code(answer) == (409, "lockout")
    ready_at = datetime.fromisoformat(problem(answer)["ready_at"])
    until = lockout_until(network, timezone.now())
    assert until is not None
    assert abs((ready_at - until).total_seconds()) < 0.01


@pytest.mark.parametrize("who", ["owner", "collaborator", "admin"])
def test_who_runs_the_network_can_waive_the_lockout(
    who: str, callers: dict[str, ApiClient], run: Run
) -> None:
    assert callers[who].post(RUNS, {"prompt": "now", "waive_lockout": True}).status_code == 201


def test_a_guest_cannot_waive_the_lockout(guest: ApiClient, run: Run) -> None:
    answer = guest.post(RUNS, {"prompt": "now", "waive_lockout": True})

    assert code(answer) == (409, "lockout")


def test_a_spent_budget_refuses(
    owner: ApiClient, network: Network, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)
    owner.patch("networks/whispers", {"budgets": {"calls_per_hour": 1}})

    answer = owner.post(RUNS, {"prompt": "one more", "waive_lockout": True})

    assert code(answer) == (409, "budget")


def test_nothing_starts_while_everything_is_stopped(owner: ApiClient, network: Network) -> None:
    Halt.objects.create(pk=1, stop_all=StopAll.objects.create())

    assert code(owner.post(RUNS, {"prompt": "hello"})) == (409, "halted")


def test_an_empty_network_is_not_runnable(owner: ApiClient, network: Network) -> None:
    Network.objects.update(slots=[])

    answer = owner.post(RUNS, {"prompt": "hello"})

    assert code(answer) == (422, "not_runnable")
    assert problem(answer)["problems"] == ["The ring is empty: add at least one model."]


def test_a_network_whose_model_is_gone_is_not_runnable_but_can_be_looked_at(
    owner: ApiClient, network: Network
) -> None:
    Network.objects.update(slots=[{"model": "gone:model"}])

    seen = owner.get("networks/whispers").json()
    answer = owner.post(RUNS, {"prompt": "hello"})

    assert (seen["runnable"], seen["model_ids"]) == (False, ["gone:model"])
    assert "gone:model" in seen["problems"][0]
    assert code(answer) == (422, "not_runnable")


def test_pause_resume_and_stop(owner: ApiClient, run: Run) -> None:
    path = f"runs/{run.public_id}"

    paused = owner.post(f"{path}/pause").json()
    resumed = owner.post(f"{path}/resume").json()
    stopped = owner.post(f"{path}/stop").json()

    assert (paused["state"], resumed["state"], stopped["state"]) == ("paused", "running", "stopped")
    assert (stopped["reason"], stopped["ended_at"] is None) == ("stopped_by_person", False)


def test_an_illegal_move_says_what_is_allowed(owner: ApiClient, run: Run) -> None:
    path = f"runs/{run.public_id}"

    early = owner.post(f"{path}/resume")
    owner.post(f"{path}/stop")
    late = owner.post(f"{path}/pause")

    assert code(early) == code(late) == (409, "illegal_state")
    assert problem(early)["allowed"] == ["completed", "failed", "paused", "stopped"]
    assert problem(late)["allowed"] == []


def test_stopping_a_network_says_whether_anything_ran(owner: ApiClient, run: Run) -> None:
    first = owner.post("networks/whispers/stop").json()
    second = owner.post("networks/whispers/stop").json()

    assert (first, second) == ({"stopped": True}, {"stopped": False})


def test_a_deleted_run_is_gone_with_its_steps_even_while_it_runs(
    owner: ApiClient, run: Run
) -> None:
    answer = owner.delete(f"runs/{run.public_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert code(owner.get(f"runs/{run.public_id}")) == (404, "not_found")
    assert not Invocation.objects.exists()


def test_runs_are_listed_newest_first_in_pages(owner: ApiClient, network: Network) -> None:
    for number in range(5):
        body = {"prompt": f"number {number}", "waive_lockout": True}
        assert owner.post(RUNS, body).status_code == 201

    first = owner.get("runs", limit=2).json()
    second = owner.get("runs", limit=2, after=first["next"]).json()
    third = owner.get("runs", limit=2, cursor=second["next"]).json()

    pages = [[run["prompt"][-1] for run in page["items"]] for page in (first, second, third)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert third["next"] is None


def test_runs_are_found_by_state_and_by_words(owner: ApiClient, network: Network) -> None:
    for prompt in ("a red Balloon", "a blue boat"):
        owner.post(RUNS, {"prompt": prompt, "waive_lockout": True})

    def prompts(**query: object) -> list[str]:
        return [run["prompt"] for run in owner.get("runs", **query).json()["items"]]

    assert prompts(state="running") == ["a blue boat"]
    assert prompts(state="stopped", q="balloon") == ["a red Balloon"]
    assert prompts(q="100%") == []
    assert (prompts(q=network.name), prompts(q="zebra", everywhere=1)) == ([], [])
    assert prompts(q=f"{network.name} balloon", everywhere=1) == ["a red Balloon"]
    assert code(owner.get("runs", state="asleep")) == (422, "invalid")
    assert code(owner.get("runs", q="\x00")) == (422, "invalid")


def test_lists_of_runs_do_not_ask_per_run(
    owner: ApiClient, network: Network, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        owner.post(RUNS, {"prompt": f"number {number}", "waive_lockout": True})

    with django_assert_max_num_queries(2):
        assert len(owner.get("runs").json()["items"]) == 12
    with django_assert_max_num_queries(3):
        assert len(owner.get(RUNS).json()["items"]) == 12


def test_a_run_counts_its_steps_and_its_money(
    owner: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)
    work(run)

    body = owner.get(f"runs/{run.public_id}").json()

    assert (body["invocations"], body["usd"]) == (3, 0.5)


def test_the_ring_of_a_run_is_not_the_ring_of_its_network(owner: ApiClient, run: Run) -> None:
    owner.patch("networks/whispers", {"model_ids": ["dummy:text-to-text"]})

    assert [slot.model for slot in Run.objects.get().slots] == [slot["model"] for slot in RING]
