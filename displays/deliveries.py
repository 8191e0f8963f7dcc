"""What boards are asked to show while a run goes on: the words that it began with, and the texts of its steps.

Every board of every installation on the network whose stride and offsets match gets the text; two displays of
one board are one message. It happens in the transaction that commits the text, so that a process that dies loses
nothing; how it gets to the device is in `displays.boards`. What is drawn in browsers follows from the rows
(`displays.screens`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from invocations.models import Invocation, Run, Takedown
from invocations.models.takedown import Replacement
from networks.models import Network

from . import vestaboard
from .models import Display, DisplayKind
from .models.board import Board, Message
from .vestaboard import FLAGSHIP, BoardSize


@dataclass(frozen=True, slots=True)
class HungBoard:
    """A display that is a board. `board`: None where its network's owner has none of this name."""

    display: Display
    board: Board | None

    @property
    def size(self) -> BoardSize:
        return self.board.size if self.board else FLAGSHIP


def show_prompt(run: Run, at: datetime) -> float:
    """The words of a run that begins, where a board is to show what was typed; once. What still waits of
    an older run of the network is dropped. Returns the seconds that people need to read it."""
    hung = find_boards(run.network, _open_displays(run.network, at), hold=True)
    for one in hung:
        if one.board and _is_of_another_run(one.board, run):
            one.board.drop()
    prompted = [one for one in hung if one.display.initial_prompt]
    return _show(prompted, run, run.prompt, at=at)


def show_step(run: Run, step: Invocation, at: datetime) -> float:
    """What a step gave, where that is a text and a board shows it. Returns the seconds that people need
    to read it; 0 where no board does."""
    if step.output_asset_id is not None:
        return 0.0
    hung = _open_displays(run.network, at)
    matching = [one for one in hung if one.layout.cell_of(step.sequence) is not None]
    return _show(find_boards(run.network, matching, hold=True), run, step.output_text, at=at)


def withdraw(run: Run, at: datetime) -> None:
    """Its visitor takes it back: what waits of it is dropped, and what hangs gives way to the network's
    name."""
    # What took the place of an output on a board is of no run there: no newer run may keep it away.
    instead = Takedown.objects.filter(invocation__run=run, replacement=Replacement.PREVIOUS)
    texts = set(instead.values_list("invocation__output_text", flat=True))
    for board in Board.objects.filter(owner=run.network.owner_id).hold():
        if board.waiting_run == run.public_id:
            board.drop()
        is_instead = bool(board.newest) and not board.newest_run and board.newest in texts
        if is_instead or (board.shown_run == run.public_id and board.due_at is None):
            _put_name(board, run, at=at)


def replace_withdrawn(message: Message, *, at: datetime) -> None:
    """A text whose run was withdrawn while it was on its way to the device."""
    run = Run.objects.filter(public_id=message.run, withdrawn_at__isnull=False).first()
    board = Board.objects.filter(pk=message.board, due_at=None).first() if run else None
    if run and board:
        _put_name(board, run, at=at)


def _put_name(board: Board, run: Run, *, at: datetime) -> None:
    if not vestaboard.is_blank(vestaboard.fit(run.network.name, board.size)):
        board.put(run.network.name, at=at)


def _open_displays(network: Network, at: datetime) -> list[Display]:
    """Those that are boards, of installations that are open then: outside opening hours nothing turns.
    One query."""
    displays = Display.objects.filter(installation__network=network, kind=DisplayKind.VESTABOARD)
    hung = displays.select_related("installation")
    return [one for one in hung if one.installation.hours.is_open(at)]


def find_boards(
    network: Network, displays: Sequence[Display], *, hold: bool = False
) -> list[HungBoard]:
    """These displays of the network, with the boards of its owner that they name. One query. With
    `hold` nobody else changes or deletes the boards until the transaction ends."""
    names = {one.vestaboard_name for one in displays}
    boards = {}
    if names:
        found = Board.objects.filter(owner=network.owner_id, name__in=names)
        boards = {board.name: board for board in (found.hold() if hold else found)}
    return [HungBoard(one, boards.get(one.vestaboard_name or "")) for one in displays]


def displays_of_board(board: Board) -> list[Display]:
    """Where it hangs: on which displays, of installations on its owner's networks."""
    named = Display.objects.filter(
        kind=DisplayKind.VESTABOARD,
        vestaboard_name=board.name,
        installation__network__owner=board.owner_id,
    )
    return list(named.select_related("installation__network").order_by("installation", "position"))


def _show(shown: Sequence[HungBoard], run: Run, text: str, *, at: datetime) -> float:
    boards = {one.board.pk: one.board for one in shown if one.board and one.board.has_key}
    for board in boards.values():
        _put(board, text, run, at=at)
    fitted = {size: vestaboard.fit(text, size) for size in {one.size for one in shown}}
    read = [rows for rows in fitted.values() if not vestaboard.is_blank(rows)]
    return max(map(vestaboard.reading_seconds, read), default=0.0)


def _put(board: Board, text: str, run: Run, *, at: datetime) -> None:
    """Unless it shows the same already, or nothing of it can be shown: then it stays as it is."""
    rows = vestaboard.fit(text, board.size)
    if vestaboard.is_blank(rows) or rows == board.preview or _prompt_goes_first(board, run):
        return
    board.put(text, at=at, run=run.public_id)


def _prompt_goes_first(board: Board, run: Run) -> bool:
    """Whether what the visitor typed waits there, and nobody has tried to send it yet."""
    waits = board.due_at is not None and not board.tries
    return waits and board.waiting_run == run.public_id and board.waiting == run.prompt


def _is_of_another_run(board: Board, run: Run) -> bool:
    """Whether what waits is of an older run of the same network."""
    older = Run.objects.filter(network=run.network_id, public_id=board.waiting_run)
    return bool(board.waiting_run) and older.exclude(pk=run.pk).exists()
