"""Promise 2: whatever dies or gets lost, what the provider charged is what the books say, to the cent.

The provider ignores idempotency keys: what it is asked again it makes and charges again. Each way in
which a call can be lost happens after the provider has charged it, so the books must say neither more
nor less: `usd` for what ended in an output, `usd_uncertain` for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from platforms.registry import get_model
from tests.chaos.test_worker_kills import kill_all_workers, steps
from tests.fake_servers.process import FakeServer
from tests.services.conftest import copy_on_postgres
from tests.stack import Stack

MODEL = "replicate:flux-schnell"
USUAL = {"seconds": 0, "create_seconds": 0, "cancel": "confirm"}
HELD = USUAL | {"create_seconds": 3_600}  # made and charged, but its id never comes back
SLOW = USUAL | {"seconds": 3_600}  # its id is known, and it is followed
# Answers that get lost on the line, after the provider has charged for them
LOST: list[dict[str, Any]] = [
    {"error": error, "lost": True} for error in ("drop", "502", "504", "garbage")
]


@pytest.fixture(params=["sqlite", "postgres"])
def stack(request: pytest.FixtureRequest, tmp_path: Path, stack_template: Path) -> Iterator[Stack]:
    if request.param == "postgres":
        template = request.getfixturevalue("postgres_template")
        with copy_on_postgres(template, tmp_path / "data") as one:
            yield one
        return
    one = Stack(tmp_path / "data")
    one.prepare(stack_template)
    yield one
    one.destroy()


@pytest.fixture
def price(provider: FakeServer) -> float:
    usd = get_model(MODEL).usd
    assert usd
    provider.control(default=USUAL | {"keys": "ignored", "usd": usd})
    return usd


class Books:
    """Runs of one lap each, and what provider and ledger say of them."""

    def __init__(self, stack: Stack, provider: FakeServer, client: httpx.Client) -> None:
        self.stack, self.provider, self.client = stack, provider, client
        self.networks: list[str] = []
        self.runs: list[str] = []
        self.paid = self.lost = 0  # charges with an output, and without one

    def count(self, *, paid: int = 0, lost: int = 0) -> None:
        self.paid, self.lost = self.paid + paid, self.lost + lost

    def control(self, knobs: dict[str, Any]) -> None:
        """How the provider behaves to requests from now on."""
        self.provider.control(default=knobs)

    def finish(self) -> None:
        """Everything that the provider works on ends well, and so does what comes."""
        self.provider.control(default=USUAL, finish=True)

    def start(self, count: int = 1) -> list[str]:
        """So many runs, all of whose first calls the provider has charged; their ids."""
        charged, started = len(self.provider.entries("charge")), []
        for _ in range(count):
            settings = {
                "name": f"Money {len(self.networks)}",
                "model_ids": [MODEL, "dummy:image-to-text"],
                "lockout_seconds": 0,
                "pacing": [{"until_seconds": None, "delay_seconds": 0}],
                "budgets": {"laps_per_run": 1},
            }
            made = self.client.post("/api/v1/networks", json=settings).raise_for_status().json()
            self.networks.append(made["slug"])
            path = f"/api/v1/networks/{made['slug']}/runs"
            run = self.client.post(path, json={"prompt": "a moth"}).raise_for_status().json()["id"]
            started.append(run)
        self.runs += started
        self._wait(
            lambda: len(self.provider.entries("charge")) >= charged + count, "all are charged"
        )
        return started

    def start_followed(self, count: int = 1) -> list[str]:
        """The same, and each of these calls is being followed by the provider's id."""
        charged = len(self.provider.entries("charge"))
        self.control(SLOW)
        started = self.start(count)
        made = {entry["id"] for entry in self.provider.entries("charge")[charged:]}
        self._wait(lambda: made <= self._followed(), "all are followed")
        return started

    def _followed(self) -> set[str]:
        return {entry["id"] for entry in self.provider.entries("followed")}

    def must_complete(self, runs: list[str]) -> None:
        self._wait(lambda: {self._state(run) for run in runs} == {"completed"}, "all complete")

    def stop(self, runs: list[str]) -> None:
        for run in runs:
            self.client.post(f"/api/v1/runs/{run}/stop").raise_for_status()

    def close(self) -> tuple[float, float, float]:
        """Once every try has ended: what the provider charged, the ledger, and what is uncertain."""
        self._wait(self._all_tries_have_ended, "every try has ended")
        journal = sum(entry["usd"] for entry in self.provider.entries("charge"))
        costs = [
            self.client.get(f"/api/v1/networks/{slug}/costs").raise_for_status().json()["burn"]
            for slug in self.networks
        ]
        uncertain = sum(burn["usd_uncertain_last_day"] for burn in costs)
        shown = sum(self._run(run)["usd_uncertain"] for run in self.runs)
        assert shown == pytest.approx(uncertain)  # on the labels of the runs, too
        return journal, sum(burn["usd_last_day"] for burn in costs), uncertain

    def _all_tries_have_ended(self) -> bool:
        ids = [step["id"] for run in self.runs for step in steps(self.client, run)]
        found = [self.client.get(f"/api/v1/invocations/{one}").json()["attempts"] for one in ids]
        return all(attempt["outcome"] for attempts in found for attempt in attempts)

    def _run(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/v1/runs/{run}").raise_for_status().json()
        return found

    def _state(self, run: str) -> str:
        return str(self._run(run)["state"])

    def _wait(self, condition: Callable[[], Any], what: str) -> None:
        self.stack.wait_until(condition, 180, what)


def kill_machine(stack: Stack) -> None:
    """SIGKILL to every process at once."""
    for process in stack.everything():
        try:
            process.kill()
        except psutil.NoSuchProcess:  # it went with its parent
            continue
    assert stack.process is not None
    stack.process.wait(10)


def lose_workers(books: Books) -> None:
    """Before the id has come back, and while the prediction is followed."""
    books.control(HELD)
    held = books.start(2)
    books.control(USUAL)
    kill_all_workers(books.stack)
    books.must_complete(held)
    books.count(paid=2, lost=2)

    followed = books.start_followed(2)
    kill_all_workers(books.stack)
    books.finish()
    books.must_complete(followed)
    books.count(paid=2)


def lose_answers(books: Books) -> None:
    """At once, and after half a minute in which nothing comes."""
    books.provider.control(next=[{"error": "hang", "lost": True}])
    late = books.start()
    for knobs in LOST:
        books.provider.control(next=[knobs])
        books.must_complete(books.start())
    books.must_complete(late)
    books.count(paid=len(LOST) + 1, lost=len(LOST) + 1)


def stop_calls(books: Books) -> None:
    """In every state, by a provider that goes on, and by a worker that has just died."""
    books.control(HELD)
    books.stop(books.start())
    books.stop(books.start_followed())
    books.control(SLOW | {"cancel": "ignore"})
    books.stop(books.start())
    orphan = books.start_followed()
    kill_all_workers(books.stack)
    books.stop(orphan)
    books.count(lost=4)


def lose_machine(books: Books) -> None:
    books.control(HELD)
    interrupted = books.start(2)
    interrupted += books.start_followed(2)
    books.finish()
    kill_machine(books.stack)
    books.stack.start()
    books.must_complete(interrupted)
    books.count(paid=4, lost=2)


def stop_everything(books: Books) -> None:
    books.control(HELD)
    books.start(2)
    books.start_followed(2)
    books.client.post("/api/v1/stop-all").raise_for_status()
    books.count(lost=4)


def test_what_the_provider_charged_is_in_the_books(
    price: float, stack: Stack, provider: FakeServer, client: httpx.Client
) -> None:
    books = Books(stack, provider, client)

    for fault in (lose_workers, lose_answers, stop_calls, lose_machine, stop_everything):
        fault(books)

    journal, ledger, uncertain = books.close()
    assert journal == pytest.approx(ledger + uncertain)
    assert ledger == pytest.approx(books.paid * price)
    assert uncertain == pytest.approx(books.lost * price)
    assert not provider.entries("repeat")
