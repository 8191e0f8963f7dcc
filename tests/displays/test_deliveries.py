"""What boards are asked to show while a run goes on, and how long the run waits until it was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from assets.models import Asset
from displays import boards, deliveries, installations, vestaboard
from displays.models import Display, Installation
from displays.models.board import Board
from invocations import runs, visitor_access
from invocations.models import Invocation, Run
from networks.models import Network
from tests.people import Work

from .board_sending import later, now, send, sent
from .test_hours import closed_now

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
Hang = Callable[..., Display]


@pytest.fixture
def installation(network: Network) -> Installation:
    return installations.create(network=network, name="Foyer")


@pytest.fixture
def hang_board(installation: Installation) -> Hang:
    """Hangs a board: of stride 2, at these offsets."""

    def hang_one(name: str, *offsets: int, board: str = "", **fields: Any) -> Display:
        given = {"type": "vestaboard", "name": name, "stride": 2, "offsets": list(offsets or (0,))}
        given |= {"vestaboard_name": board or name.replace("-", "_")} | fields
        return installations.add_display(installation, given)

    return hang_one


@pytest.fixture
def panic_1(network: Network) -> Board:
    return boards.add(owner=network.owner, name="panic_1", key="key-one")


@pytest.fixture
def panic_2(network: Network) -> Board:
    return boards.add(owner=network.owner, name="panic_2", key="key-two", size="3x15")


@pytest.fixture
def asset(db: None) -> Asset:
    return Asset.objects.create(
        sha256="a" * 64, kind="image", content_type="image/png", bytes=70, width=16, height=9
    )


def start(network: Network, prompt: str = "a red balloon", seconds: float = 0) -> Run:
    network.refresh_from_db()
    at = timezone.now() + timedelta(seconds=seconds)
    return runs.start_run(network=network, prompt=prompt, at=at, waive_lockout=True).run


def waiting() -> dict[str, str]:
    return dict(Board.objects.order_by("name").values_list("name", "waiting"))


def pause_before(step: Invocation) -> float:
    """Seconds from when it was written until it may begin."""
    assert step.due_at
    return (step.due_at - step.created_at).total_seconds()


def open_step(run: Run) -> Invocation:
    return run.invocations.open().get()


def test_every_board_that_matches_gets_the_text(
    network: Network, hang_board: Hang, panic_1: Board, panic_2: Board, work: Work
) -> None:
    hang_board("panic-1", 0)
    hang_board("panic-2", 0, 1)
    run = start(network)

    work(run, "a moth")
    assert waiting() == {"panic_1": "a moth", "panic_2": "a moth"}

    work(run, "a lighthouse")
    assert waiting() == {"panic_1": "a moth", "panic_2": "a lighthouse"}


def test_the_prompt_goes_once_to_the_boards_that_are_to_show_it(
    network: Network, hang_board: Hang, panic_1: Board, panic_2: Board, work: Work
) -> None:
    hang_board("panic-1", 1, initial_prompt=True)
    hang_board("panic-2", 1)

    run = start(network)
    panic_1.refresh_from_db()
    assert (panic_1.waiting, panic_1.number) == ("a red balloon", 1)

    work(run, "a moth")
    panic_1.refresh_from_db()
    assert (panic_1.waiting, panic_1.number) == ("a red balloon", 1)
    assert waiting()["panic_2"] == ""


def test_a_picture_is_never_sent(
    network: Network, hang_board: Hang, panic_1: Board, work: Work, asset: Asset
) -> None:
    hang_board("panic-1", 0, 1)
    run = start(network)

    work(run, "", asset=asset)

    assert waiting() == {"panic_1": ""}
    assert pause_before(open_step(run)) == 0


def test_boards_of_all_installations_and_of_the_owner_alone(
    network: Network, bob: User, hang_board: Hang, panic_1: Board, panic_2: Board, work: Work
) -> None:
    boards.add(owner=bob, name="panic_3", key="bobs")
    hang_board("panic-1", 0)
    hang_board("panic-3", 0)
    given = {"type": "vestaboard", "name": "far", "stride": 1, "offset": 0}
    installations.create(
        network=network, name="Cellar", displays=[given | {"vestaboard_name": "panic_2"}]
    )

    work(start(network), "a moth")

    assert waiting() == {"panic_1": "a moth", "panic_2": "a moth", "panic_3": ""}


def test_two_displays_of_one_board_are_one_message(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("left", 0, board="panic_1")
    hang_board("right", 0, board="panic_1")

    work(start(network), "a moth")

    panic_1.refresh_from_db()
    assert (panic_1.waiting, panic_1.number) == ("a moth", 1)


def test_the_next_step_waits_until_a_board_was_read(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 1)
    run = start(network)
    long = "a lighthouse that has fallen in love with the fog of seven seas"

    work(run, "a moth")
    assert pause_before(open_step(run)) == 0

    work(run, long)
    read = vestaboard.reading_seconds(vestaboard.fit(long, panic_1.size))
    assert pause_before(open_step(run)) == pytest.approx(read)
    assert read > vestaboard.reading_seconds(vestaboard.fit("a moth", panic_1.size)) > 4


def test_reading_is_added_to_the_pace(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    Network.objects.update(pacing=[{"until_seconds": None, "delay_seconds": 3}])
    hang_board("panic-1", 0)
    run = start(network)

    work(run, "a moth")

    assert pause_before(open_step(run)) == pytest.approx(3 + 4 + 2 * 0.4)


def test_the_first_step_waits_until_the_prompt_was_read(
    network: Network, hang_board: Hang, panic_1: Board
) -> None:
    hang_board("panic-1", 1)
    assert pause_before(open_step(start(network))) == 0

    hang_board("panic-1b", 1, board="panic_1", initial_prompt=True)

    assert pause_before(open_step(start(network))) == pytest.approx(4 + 3 * 0.4)


def test_a_board_without_a_device_is_read_but_not_sent_to(
    network: Network, hang_board: Hang, work: Work
) -> None:
    drawn = boards.add(owner=network.owner, name="drawn", size="3x15")
    hang_board("drawn", 0)
    hang_board("of-nobody", 0, board="not_there")
    run = start(network)

    work(run, "a moth")

    drawn.refresh_from_db()
    assert (drawn.waiting, drawn.due_at, drawn.state) == ("", None, "drawn only")
    assert pause_before(open_step(run)) > 4


def test_what_the_board_shows_already_is_not_sent_again(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0, 1)
    run = start(network)
    Board.objects.update(shown="A  MOTH")

    work(run, "a moth")
    assert waiting() == {"panic_1": ""}

    work(run, "a lighthouse")
    work(run, "A lighthouse")
    panic_1.refresh_from_db()
    assert (panic_1.waiting, panic_1.number) == ("a lighthouse", 1)


def test_where_texts_come_faster_than_a_board_takes_them_the_newest_wins(
    maker: Any, network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0, 1)
    run = start(network)
    for texts in (("one", "two"), ("three", "four")):
        for text in texts:
            work(run, text)
        Board.objects.update(due_at=now())  # steps of this test are a little ahead of the clock
        send(panic_1)
    assert [message["said"] for message in sent(maker, panic_1)] == ["TWO"]

    later(panic_1)
    send(panic_1)

    assert [message["said"] for message in sent(maker, panic_1)] == ["TWO", "FOUR"]


def test_what_waits_of_an_older_run_is_dropped_when_a_new_one_begins(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0)
    work(start(network), "a moth")

    start(network, "a bell", seconds=40)

    panic_1.refresh_from_db()
    assert (panic_1.waiting, panic_1.due_at) == ("", None)


def test_what_somebody_has_sent_by_hand_outlives_the_start_of_a_run(
    network: Network, hang_board: Hang, panic_1: Board
) -> None:
    hang_board("panic-1", 0)
    boards.show(panic_1, "closed today", at=now())

    start(network)

    assert waiting() == {"panic_1": "closed today"}


def test_what_a_visitor_takes_back_gives_way_to_the_networks_name(
    maker: Any, network: Network, hang_board: Hang, panic_1: Board, panic_2: Board, work: Work
) -> None:
    hang_board("panic-1", 0)
    hang_board("panic-2", 0)
    run = start(network)
    work(run, "a moth")
    send(panic_1)

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=now())

    assert waiting() == {"panic_1": "Whispers", "panic_2": ""}


def test_networks_know_whether_boards_hang_on_them(
    network: Network, alice: User, installation: Installation, hang_board: Hang
) -> None:
    other = Network.create(alice, name="Other", slots=network.slots)

    def known() -> tuple[bool, bool]:
        network.refresh_from_db()
        other.refresh_from_db()
        return network.has_boards, other.has_boards

    assert known() == (False, False)
    hang_board("panic-1", 0)
    assert known() == (True, False)
    installation = installations.change(installation, network=other)
    assert known() == (False, True)
    copy = installations.duplicate(installation)
    installations.delete(installation)
    assert known() == (False, True)
    installations.change_display(copy, "panic-1", {"type": "single"})
    assert known() == (False, False)
    installations.change_display(copy, "panic-1", {"type": "vestaboard", "vestaboard_name": "x"})
    installations.delete(copy)
    assert known() == (False, False)


def test_a_network_without_boards_asks_for_none(
    network: Network, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> list[deliveries.HungBoard]:
        raise AssertionError("it has no boards")

    monkeypatch.setattr(deliveries, "_open_displays", asked)

    step = work(start(network), "a moth")

    assert step.output_text == "a moth"


def test_what_was_taken_back_on_its_way_to_the_board_gives_way_too(
    maker: Any, network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0)
    run = start(network)
    work(run, "a moth")
    Board.objects.update(due_at=now())
    message = Board.take(panic_1.pk, at=now())
    assert message

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=now())
    Board.note_shown(message, by_cloud_api=True, at=now())
    deliveries.replace_withdrawn(message, at=now())

    assert waiting() == {"panic_1": "Whispers"}


def test_outside_opening_hours_nothing_turns(
    network: Network, installation: Installation, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0, initial_prompt=True)
    installations.change(installation, opening_hours=closed_now())
    installations.create(network=network, name="Open elsewhere")
    run = start(network)
    assert waiting() == {"panic_1": ""}

    work(run, "a moth")

    assert waiting() == {"panic_1": ""}


def test_the_prompt_is_sent_before_the_texts_of_its_run(
    maker: Any, network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0, 1, initial_prompt=True)
    boards.show(panic_1, "before", at=now())
    send(panic_1)
    run = start(network)
    work(run, "a moth")
    assert waiting() == {"panic_1": "a red balloon"}

    later(panic_1)
    send(panic_1)
    work(run, "a lighthouse")
    Board.objects.update(due_at=now())
    later(panic_1)
    send(panic_1)

    said = [message["said"] for message in sent(maker, panic_1)]
    assert said[-3:] == ["BEFORE", "A RED BALLOON", "A LIGHTHOUSE"]


def test_a_prompt_that_a_board_does_not_take_holds_up_no_text(
    network: Network, hang_board: Hang, panic_1: Board, work: Work
) -> None:
    hang_board("panic-1", 0, initial_prompt=True)
    run = start(network)
    Board.objects.update(due_at=now())
    message = Board.take(panic_1.pk, at=now())
    assert message
    Board.note_later(message, "Busy.", seconds=0, at=now())

    work(run, "a moth")

    assert waiting() == {"panic_1": "a moth"}
