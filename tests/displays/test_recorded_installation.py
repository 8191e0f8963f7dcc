"""An installation as it really hung: eight models by turns from text to picture and back, four screens that take
every second step, and four boards with what is between them; the first board also shows what was typed.

Forty steps without pacing, by the engine itself. After each of them every screen and every board is compared with
what follows from the number of the step alone: as it comes over its socket, and as the maker got it. So are the pages,
that of the display whose turn it is after each step, all of them after each lap.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from displays import boards
from displays.feeds import DisplayFeed, find
from displays.models import Display
from displays.models.board import Board
from invocations.engine import calls
from invocations.engine.claims import Holder, claim_step
from invocations.models import Invocation, Run
from networks.models import Network
from platforms import http
from realtime.models import Event
from tests.fake_servers.process import FakeServer
from tests.fake_servers.vestaboard import SIGNS
from tests.people import TO_IMAGE, TO_TEXT

from .board_sending import Threads, later

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket]
HOPS = 40
STRIDE = 8
SCREENS = {"tv-1": 0, "tv-2": 2, "tv-3": 4, "tv-4": 6}  # offsets
BOARDS = {"board-1": 7, "board-2": 1, "board-3": 3, "board-4": 5}
PROMPT = "a lighthouse that has fallen in love"


class WatchedDisplay:
    """What somebody before it sees: a page, and the frames that came over its socket."""

    def __init__(self, display: Display) -> None:
        self.address = display.get_absolute_url()
        self._feed = DisplayFeed(display)
        self.html = self._feed.snapshot()["screen"]

    def draw(self, events: list[Event]) -> None:
        for event in events:
            if frame := self._feed.render(event):
                for element in ("tile-0", "board", "screen"):
                    self.html = frame.html.get(element, self.html)

    @property
    def state(self) -> str:
        (found,) = re.findall(r'id="tile-0" data-state="(\w+)"', self.html)
        return str(found)


class Show:
    """The installation, its run, and what has come of it."""

    def __init__(self, installation: str, run: Run) -> None:
        self.run = run
        displays = [find(installation, name) for name in (*SCREENS, *BOARDS)]
        self.displays = {one.name: WatchedDisplay(one) for one in displays if one}
        self.texts: dict[int, str] = {}  # step -> what it gave
        self.pictures: dict[int, str] = {}  # step -> where the picture is
        self._seen = 0
        self.watch()

    def watch(self) -> None:
        """Every display draws what has happened since."""
        events = list(Event.objects.filter(pk__gt=self._seen).order_by("pk"))
        self._seen = events[-1].pk if events else self._seen
        for display in self.displays.values():
            display.draw(events)

    def open_step(self) -> Invocation:
        return self.run.invocations.open().get()

    def let_time_go_by(self) -> float:
        """Until the open step is due. Returns for how many seconds it waited."""
        step = self.open_step()
        assert step.due_at
        waited = (step.due_at - step.created_at).total_seconds()
        Invocation.objects.filter(pk=step.pk).update(due_at=timezone.now())
        for board in Board.objects.all():
            later(board)
        return waited


async def _perform(claim: Any) -> None:
    await calls.perform(claim, asyncio.Event(), Threads())


async def _send_to_boards(due: list[int]) -> None:
    for pk in due:
        await boards.send(pk, Threads())
    await http.close()


def send_to_boards() -> None:
    """As the workers do once a second."""
    due = list(Board.objects.due(timezone.now()).values_list("pk", flat=True))
    async_to_sync(_send_to_boards)(due)


@pytest.fixture
def show(owner: Client, network: Network, maker: FakeServer) -> Show:
    """Made over the API, and begun by it."""
    Network.objects.filter(pk=network.pk).update(
        slots=[{"model": model} for model in [TO_IMAGE, TO_TEXT] * 4]
    )
    single = {"type": "single", "stride": STRIDE, "show_invoking": True}
    board = {"type": "vestaboard", "stride": STRIDE}
    displays: list[dict[str, object]] = [
        {**single, "name": name, "offset": offset} for name, offset in SCREENS.items()
    ]
    for number, (name, offset) in enumerate(BOARDS.items(), 1):
        place = {"name": name, "offset": offset, "vestaboard_name": f"panic_{number}"}
        displays.append({**board, **place, "initial_prompt": number == 1})
        post(owner, "boards", {"name": f"panic_{number}", "key": f"key-of-{name}"})
    body = {"name": "Birch", "network": network.slug, "displays": displays}
    installation = post(owner, "installations", body)["id"]
    run = post(owner, f"networks/{network.slug}/runs", {"prompt": PROMPT})["id"]
    return Show(installation, Run.objects.get(public_id=run))


def post(owner: Client, path: str, body: Mapping[str, object]) -> Any:
    answer = owner.post(f"/api/v1/{path}", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


# What is to be seen, by the number of the step alone


def expected_step(offset: int, newest: int) -> int:
    """Which step a screen shows when `newest` is done: its own newest; before it has one, the first."""
    mine = [step for step in range(newest + 1) if step % STRIDE == offset]
    return mine[-1] if mine else 0


def expected_words(show: Show, offset: int, newest: int, *, prompt: bool) -> str:
    """What a board shows when `newest` is done."""
    mine = [step for step in range(newest + 1) if step % STRIDE == offset]
    if mine:
        return show.texts[mine[-1]].upper()
    return PROMPT.upper() if prompt else ""


def expected_messages(show: Show, name: str, newest: int) -> list[str]:
    """All that the maker has got for a board when `newest` is done."""
    prompt = [PROMPT.upper()] if name == "board-1" else []
    mine = [step for step in range(newest + 1) if step % STRIDE == BOARDS[name]]
    return prompt + [show.texts[step].upper() for step in mine]


def messages(maker: FakeServer, name: str) -> list[dict[str, Any]]:
    return [one for one in maker.entries("write") if one["key"] == f"key-of-{name}"]


def drawn_rows(html: str) -> list[str]:
    (flaps,) = re.findall(r'id="board-flaps".*?</div>', html)
    signs = re.findall(r"<i[^>]*>(.?)</i>", flaps)
    return ["".join(signs[at : at + 22]) for at in range(0, len(signs), 22)]


# The comparison


def pages(stranger: Client, seen: WatchedDisplay, offset: int, newest: int) -> list[str]:
    turn = newest % STRIDE
    return [stranger.get(seen.address).content.decode()] if turn in (offset, STRIDE - 1) else []


def check_screens(show: Show, stranger: Client, newest: int) -> None:
    for name, offset in SCREENS.items():
        picture = show.pictures[expected_step(offset, newest)]
        seen = show.displays[name]
        assert (name, newest, seen.state) == (name, newest, "completed")
        for html in (seen.html, *pages(stranger, seen, offset, newest)):
            shown = re.findall(r'id="tile-0".*?<img src="([^"]+)"', html, re.DOTALL)
            assert (name, newest, shown) == (name, newest, [picture])


def check_boards(show: Show, stranger: Client, maker: FakeServer, newest: int) -> None:
    for name, offset in BOARDS.items():
        got = messages(maker, name)
        wanted = expected_messages(show, name, newest)
        assert (name, newest, [one["said"] for one in got]) == (name, newest, wanted)
        seen = show.displays[name]
        words = expected_words(show, offset, newest, prompt=name == "board-1")
        for html in (seen.html, *pages(stranger, seen, offset, newest)):
            rows = drawn_rows(html)
            assert (name, newest, " ".join(" ".join(rows).split())) == (name, newest, words)
            if got:
                sent = ["".join(SIGNS[code] for code in row) for row in got[-1]["codes"]]
                assert rows == sent


def check_work_under_way(show: Show, sequence: int) -> None:
    """The screen whose turn it is says so; with the first step of a run all do."""
    for name, offset in SCREENS.items():
        works = sequence in (0, offset) or (sequence > 0 and sequence % STRIDE == offset)
        state = "invoking" if works else "completed"
        assert (name, sequence, show.displays[name].state) == (name, sequence, state)


def test_every_screen_and_board_at_every_hop(
    stranger: Client, maker: FakeServer, show: Show
) -> None:
    send_to_boards()
    assert [one["said"] for one in messages(maker, "board-1")] == [PROMPT.upper()]

    for sequence in range(HOPS):
        waited = show.let_time_go_by()
        step = show.open_step()
        assert step.sequence == sequence
        told = PROMPT if sequence == 0 else show.texts.get(sequence - 1, "")
        assert waited == pytest.approx(4 + 0.4 * len(told.split()) if told else 0)

        claim = claim_step(step.pk, holder=Holder("test"), at=timezone.now())
        assert claim
        show.watch()
        check_work_under_way(show, sequence)
        async_to_sync(_perform)(claim)
        step = Invocation.objects.select_related("output_asset").get(pk=step.pk)
        if step.output_asset:
            show.pictures[sequence] = step.output_asset.screen_url
        else:
            show.texts[sequence] = step.output_text

        show.watch()
        send_to_boards()
        check_screens(show, stranger, sequence)
        check_boards(show, stranger, maker, sequence)

    assert set(show.pictures) == set(range(0, HOPS, 2))
    assert set(show.texts) == set(range(1, HOPS, 2))
    assert sum(len(messages(maker, name)) for name in BOARDS) == 1 + HOPS // 2
