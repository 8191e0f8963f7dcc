"""What an attendant sees and does: what is on the screens of a network now, and the few things that may be
done about it: pause, resume, stop, start an attract prompt, take one output off every screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from invocations import runs, takedowns
from invocations.engine import placeholders
from invocations.models import Invocation, Run, Takedown
from invocations.models.takedown import Replacement
from invocations.states import InvocationState, Reason
from lib.validation import is_legible
from networks.models import Network
from studio.status import NetworkStatus, current_status, recent_steps
from studio.tiles import Tile, TileOptions, step_tile

from . import pressing, screens, vestaboard
from .feeds import grid
from .models import Board, Display, DisplayReport
from .models.board import CannotBeShown
from .wall_states import WallState, wall_state_of_network

MAX_OUTPUTS = 48
RECENT_OUTPUTS = 12  # beside what is on the screens: it may come back
OPTIONS = TileOptions(linked=False, lazy=True, priced=False)


class Action(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ATTRACT = "attract"


class NothingRuns(Exception):
    """There is no run to pause, to resume or to stop."""


@dataclass(frozen=True, slots=True)
class ShownOutput:
    """An output, whether a screen shows it now, and whether it was taken down before."""

    step: Invocation
    tile: Tile
    on_screen: bool
    taken_down: bool


@dataclass(frozen=True, slots=True)
class AttendantStatus:
    status: NetworkStatus
    outputs: list[ShownOutput]
    attract_prompts: int


def attendant_status(network: Network, *, at: datetime | None = None) -> AttendantStatus:
    """What is on the displays and plain walls of the network, and what was a moment ago."""
    status = current_status(network.pk)
    wall = wall_state_of_network(network, at=at or timezone.now())
    displays = Display.objects.filter(installation__network=network)
    layouts = {grid(2, 3).layout, *(display.layout for display in displays)}
    shown = [step for step in screens.steps_on_screens(layouts, wall) if _has_output(step)]
    return AttendantStatus(status, _outputs(shown, wall), len(network.attract_prompts))


def act(*, network: Network, action: Action, by: User | None, at: datetime) -> Run:
    """The run that it was done to, or that began. Raises NothingRuns, IllegalMove, BadPrompt, StartRefused."""
    if action is Action.ATTRACT:
        return pressing.start_attract_prompt(network=network, by=by, at=at)
    run = network.runs.live().first()
    if run is None:
        raise NothingRuns(_("Nothing is running."))
    if action is Action.STOP:
        return runs.stop_run(run=run, reason=Reason.PERSON, at=at, by=by)
    return runs.pause_run(run=run) if action is Action.PAUSE else runs.resume_run(run=run, at=at)


def take_off(
    *, network: Network, invocation: str, replacement: Replacement, by: User | None, at: datetime
) -> Takedown:
    """Off every screen, the boards of the network's owner too. Again is harmless. Raises Http404, IllegalMove."""
    rows = network.invocations.select_related("output_asset")
    step = rows.filter(public_id=invocation).first() if is_legible(invocation) else None
    if step is None:
        raise Http404(_("There is no such step on this network."))
    made = takedowns.take_down(step=step, replacement=replacement, by=by, at=at)
    if made.output_text:
        step.refresh_from_db()
        _take_off_boards(step, made.output_text, at)
    if made.output_asset:
        DisplayReport.forget_thumbnail(network, made.output_asset)
    return made


def _take_off_boards(step: Invocation, text: str, at: datetime) -> None:
    """A board of the network's owner that shows it, or is about to, is sent the replacement; what others
    have their boards show is theirs."""
    with transaction.atomic():
        for board in Board.objects.filter(owner=step.network.owner_id).hold():
            rows = vestaboard.fit(text, board.size)
            if vestaboard.is_blank(rows) or board.preview != rows:
                continue
            try:
                board.put(step.output_text, at=at)
            except CannotBeShown:
                board.put(placeholders.TEXT, at=at)


def _has_output(step: Invocation) -> bool:
    return step.state == InvocationState.COMPLETED


def _outputs(shown: list[Invocation], wall: WallState) -> list[ShownOutput]:
    on_screen = {step.pk for step in shown}
    run = shown[0].run_id if shown else None
    recent = (
        recent_steps(wall.run, RECENT_OUTPUTS, done=True)
        if wall.run and (run is None or wall.run.pk == run)
        else []
    )
    steps = {step.pk: step for step in [*recent, *shown]}
    newest = sorted(steps.values(), key=lambda step: step.sequence, reverse=True)[:MAX_OUTPUTS]
    gone = set(
        Takedown.objects.filter(invocation__in=[step.pk for step in newest]).values_list(
            "invocation_id", flat=True
        )
    )
    return [
        ShownOutput(step, step_tile(step, options=OPTIONS), step.pk in on_screen, step.pk in gone)
        for step in newest
    ]
