"""Two transactions at the same boards. Only Postgres lets two be under way at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from types import ModuleType

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from displays import attendant, boards, deliveries, installations, vestaboard
from displays.models.board import Board
from invocations import runs
from invocations.engine import outcomes
from invocations.engine.claims import Claim, Holder, claim_step
from invocations.models import Run
from invocations.models.takedown import Replacement
from networks.models import Network
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BLOCKED_SECONDS = (
    0.5  # for which a transaction waits for another one before it is taken to be held up
)


@pytest.fixture(autouse=True)
def two_transactions() -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("here one transaction waits for the other from its beginning")


def hang_boards(network: Network, *names: str, **fields: object) -> None:
    for name in names:
        given = {
            "type": "vestaboard",
            "name": name.replace("_", "-"),
            "stride": 1,
            "offset": 0,
            "vestaboard_name": name,
        }
        installations.create(network=network, name=name, displays=[given | fields])
    network.refresh_from_db()


def start(network: Network, prompt: str) -> Run:
    return runs.start_run(network=network, prompt=prompt, at=timezone.now(), waive_lockout=True).run


def claim(run: Run) -> Claim:
    now = timezone.now() + timedelta(hours=1)
    found = claim_step(run.invocations.open().get().pk, holder=Holder("w"), at=now)
    assert found
    return found


def finish(taken: Claim, text: str) -> None:
    outcomes.complete(taken, outcomes.Result(text=text), at=timezone.now())


def elsewhere(act: Callable[[], object]) -> None:
    """In a transaction of another connection; one that is held up gives way."""

    def work() -> None:
        try:
            with suppress(OperationalError), transaction.atomic():
                connection.cursor().execute(f"SET LOCAL lock_timeout = '{BLOCKED_SECONDS:g}s'")
                act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def after(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, act: Callable[[], object]
) -> None:
    """Have something happen elsewhere, once, when this function returns for the first time."""
    function, left = getattr(module, name), [act]

    def call(*args: object, **options: object) -> object:
        found = function(*args, **options)
        if left:
            elsewhere(left.pop())
        return found

    monkeypatch.setattr(module, name, call)


def test_a_board_that_is_deleted_meanwhile_breaks_no_step(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards.add(owner=network.owner, name="panic_1", key="key")
    hang_boards(network, "panic_1")
    taken = claim(start(network, "a red balloon"))
    after(monkeypatch, deliveries, "find_boards", lambda: Board.objects.all().delete())

    finish(taken, "a moth")

    assert taken.run.invocations.get(sequence=0).output_text == "a moth"


def test_a_board_that_is_deleted_meanwhile_does_not_keep_an_output_on_the_others(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards.add(owner=network.owner, name="a", key="key")
    kept = boards.add(owner=network.owner, name="b", key="key")
    taken = claim(start(network, "a red balloon"))
    finish(taken, "a moth")
    for board in Board.objects.all():
        board.put("a moth", at=timezone.now())
    after(monkeypatch, vestaboard, "fit", lambda: Board.objects.filter(name="a").delete())

    attendant.take_off(
        network=network,
        invocation=taken.invocation.public_id,
        replacement=Replacement.PLACEHOLDER,
        by=None,
        at=timezone.now(),
    )

    kept.refresh_from_db()
    assert kept.waiting not in ("", "a moth")


def test_what_another_run_puts_meanwhile_is_not_dropped(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = boards.add(owner=network.owner, name="panic_1", key="key")
    hang_boards(network, "panic_1")
    finish(claim(start(network, "a red balloon")), "a moth")
    put = []

    def put_another() -> None:
        Board.objects.get(pk=board.pk).put("a lighthouse", at=timezone.now())
        put.append(True)

    after(monkeypatch, deliveries, "find_boards", put_another)
    start(network, "a green balloon")

    board.refresh_from_db()
    assert board.waiting == ("a lighthouse" if put else "")


def test_two_runs_that_share_boards_take_them_in_one_order(
    network: Network, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards.add(owner=alice, name="panic_1", key="key-1")
    boards.add(owner=alice, name="panic_2", key="key-2")
    hang_boards(network, "panic_2")
    finish(claim(start(network, "a red balloon")), "a moth")
    hang_boards(network, "panic_1", initial_prompt=True)
    second = Network.create(owner=alice, name="second", slots=network.slots)
    hang_boards(second, "panic_1", "panic_2")
    taken = claim(start(second, "a bell"))
    barrier = threading.Barrier(2)
    put = Board._put

    def put_and_meet(board: Board, **fields: object) -> None:
        put(board, **fields)
        with suppress(threading.BrokenBarrierError):  # the other one is held up
            barrier.wait(BLOCKED_SECONDS)

    monkeypatch.setattr(Board, "_put", put_and_meet)

    results = at_once(
        lambda: finish(taken, "a lighthouse"), lambda: start(network, "a green balloon")
    )

    assert not [one for one in results if isinstance(one, Exception)]
