"""Boards as browsers draw them: the twin of a device, or in its place. The rows are those that the device gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property

from invocations.models import Invocation, Run
from networks.models import Network

from . import deliveries, vestaboard
from .layouts import place_steps
from .models import Board, Display
from .vestaboard import BoardSize

COLOURS = {
    "🟥": "red", "🟧": "orange", "🟨": "yellow", "🟩": "green", "🟦": "blue", "🟪": "violet",
    "⬜": "white", "⬛": "black",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flap:
    """One sign, or a plain colour."""

    sign: str
    colour: str


@dataclass(frozen=True)
class DrawnBoard:
    """What templates/displays/_flaps.html needs. `text`: as it was written, for whoever cannot see the flaps."""

    size: BoardSize
    text: str

    @classmethod
    def of_board(cls, board: Board) -> DrawnBoard:
        """With what it shows, or will when its turn has come."""
        return cls(board.size, board.newest)

    @cached_property
    def flaps(self) -> list[Flap]:
        """Row after row."""
        rows = vestaboard.fit(self.text, self.size)
        found = [(sign, COLOURS.get(sign, "")) for row in rows for sign in row]
        return [Flap("" if colour else sign, colour) for sign, colour in found]


def draw_boards(
    network: Network,
    displays: Sequence[Display],
    run: Run | None,
    newest: Mapping[int, Invocation | None],
) -> dict[int, DrawnBoard]:
    """Boards of a network, by the key of their display. `newest`: the step of the run that each shows, if any.
    One that has none of this run keeps what it has of the one before, as a device does. At most four queries,
    however many they are."""
    hung = deliveries.find_boards(network, displays)
    shown = {key: step.output_text for key, step in newest.items() if step}
    if run is not None:
        prompted = [one for one in displays if one.initial_prompt]
        shown = {one.pk: run.prompt for one in prompted} | shown
        if rest := [one for one in displays if one.pk not in shown]:
            shown |= _texts_of_run_before(run, rest)
    return {one.display.pk: DrawnBoard(one.size, shown.get(one.display.pk, "")) for one in hung}


def _texts_of_run_before(run: Run, displays: Sequence[Display]) -> dict[int, str]:
    earlier = run.network.runs.present().filter(pk__lt=run.pk).newest_first().first()
    newest = earlier.latest_invocation() if earlier else None
    if earlier is None or newest is None:
        return {}
    layouts = {one.pk: one.layout for one in displays}
    wanted = {at for layout in layouts.values() for at in layout.candidates(newest.sequence)}
    steps = list(earlier.invocations.filter(sequence__in=wanted))
    placed = {key: place_steps(layout, steps)[0] for key, layout in layouts.items()}
    return {key: step.output_text for key, step in placed.items() if step}
