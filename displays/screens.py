"""What one display shows at a moment: the run that lives, STOPPED, the archive, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext

from invocations.engine import rate_limits
from invocations.models import Halt, Invocation, Run, StopAll
from invocations.states import InvocationState, RunState
from lib.selected_rows import SelectedRows
from networks import opening_words
from networks.models import Network
from networks.opening_hours import OpeningHours
from studio import tiles
from studio.tiles import NO_STATUS, WALL, WALL_FULL_SIZE, ProviderStatus, Tile

from . import captions, drawn_boards, drawn_runs, film_displays, replay
from .drawn_boards import DrawnBoard
from .layouts import Layout, place_steps
from .models import Display, DisplayKind

STOPPED_FOR = timedelta(seconds=20)  # stop-all is seen before anything moves again
IDLE_FOR = timedelta(seconds=30)  # the last work of a run is looked at in peace
RECENT = 2  # steps that are looked up with the wall: the one that ended, and its successor
RESTING_FOR = timedelta(seconds=60)  # a step that has waited that long in vain is not coming soon

# As SQL, because each wall waits for it with each step: 0.05 ms, where the ORM takes 0.5.
_NEWEST = SelectedRows(Invocation, "WHERE run_id = %s ORDER BY sequence DESC LIMIT %s")

HTML = Mapping[str, str]


class Mode(StrEnum):
    LIVE = "live"
    STOPPED = "stopped"
    REPLAY = "replay"
    DARK = "dark"  # of an installation outside its opening hours


@dataclass(slots=True)
class Drawings:
    """What has been drawn of a wall in one language, so that it is done once for all its displays."""

    tiles: dict[tuple[int, int, tiles.TileOptions, ProviderStatus], Tile] = field(
        default_factory=dict
    )
    html: dict[Tile, str] = field(default_factory=dict)
    cells: dict[tuple[Layout, int | None, int | None, ProviderStatus], dict[str, str]] = field(
        default_factory=dict
    )
    notices: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RenderCache:
    """What has been looked up and drawn of a wall."""

    steps: dict[int, Invocation | None] = field(default_factory=dict)  # by sequence
    archived: list[Invocation] | None = None
    by_language: dict[str | None, Drawings] = field(default_factory=dict)

    @property
    def drawings(self) -> Drawings:
        """Those in the language that is active now."""
        language = get_language()
        if language not in self.by_language:
            self.by_language[language] = Drawings()
        return self.by_language[language]


@dataclass(frozen=True, slots=True)
class WallState:
    """What all displays of a network have in common at a moment."""

    network: Network = field(compare=False, repr=False)
    mode: Mode
    run: Run | None
    latest: int  # sequence of the run's newest step
    halt: StopAll | None
    moment: replay.ReplayMoment | None = None
    closed: str = ""  # why it is dark, and until when
    cache: RenderCache = field(default_factory=RenderCache, compare=False, repr=False)

    def after_step(self, run: str) -> WallState | None:
        """What it shows now that a step of this run has moved, where nothing else has changed; None
        where that cannot be told without asking for everything. Costs one query."""
        if self.mode is not Mode.LIVE or self.run is None or self.run.public_id != run:
            return None
        recent = _recent(self.run)
        if not recent:
            return None
        return replace(self, latest=max(recent), cache=RenderCache(dict(recent)))

    @property
    def identity(self) -> object:
        """Two walls of equal identity look the same until something happens."""
        return self.mode, self.moment, captions.appearance(self.network)


def wall_state_of_network(network: Network, *, at: datetime | None = None) -> WallState:
    """What it shows now, from the rows alone."""
    at = at or timezone.now()
    run = network.runs.present().newest_first().first()
    recent = _recent(run) if run else {}
    step = recent[max(recent)] if recent else None
    halt = Halt.current()
    still = Mode.STOPPED if halt else Mode.LIVE
    wall = WallState(
        network, still, run, max(recent, default=0), halt, cache=RenderCache(dict(recent))
    )
    since = _replay_since(network, run, step, halt, at) if network.replay else None
    found = replay.current_moment(network, run, since=since, at=at) if since else None
    return replace(wall, mode=Mode.REPLAY, moment=found) if found else wall


def as_hours_allow(
    wall: WallState, hours: OpeningHours, *, at: datetime | None = None
) -> WallState:
    """The wall as an installation with these hours shows it: dark while it is closed."""
    if not hours:
        return wall
    at = at or timezone.now()
    if hours.is_open(at):
        return wall
    closed = opening_words.closed_sentence(hours, at)
    return WallState(wall.network, Mode.DARK, None, 0, None, closed=closed)


def _replay_since(
    network: Network, run: Run | None, step: Invocation | None, halt: StopAll | None, at: datetime
) -> datetime | None:
    """Since when nothing can be expected to happen; None while something can."""
    if halt is not None:
        return halt.committed_at + STOPPED_FOR
    if run is None:  # what was imported may be all there is
        return network.created_at
    if not run.live:
        return run.ended_at + IDLE_FOR if run.ended_at else None
    if run.state == RunState.PAUSED or step is None or step.state != InvocationState.READY:
        return None
    waited = step.created_at + RESTING_FOR
    return waited if waited <= at and _in_vain(step, at) else None


def _in_vain(step: Invocation, at: datetime) -> bool:
    """Tried without success, or its platform rests: not merely the network's own slow pace."""
    if step.attempts_made > 0:
        return True
    return rate_limits.is_resting(step.model, at)


def tiles_of(
    display: Display,
    wall: WallState,
    cells: set[int] | None = None,
    *,
    provider: ProviderStatus = NO_STATUS,
    options: tiles.TileOptions | None = None,
) -> list[Tile]:
    """The tiles of these cells, or of all. `options`: None as on the display itself."""
    layout = display.layout
    options = options or (WALL_FULL_SIZE if layout.cells == 1 else WALL)
    if film_displays.is_film(display):
        dark = wall.mode is Mode.DARK
        return [] if dark else film_displays.tiles_of([display], options)[display.pk]
    wanted = range(layout.cells) if cells is None else sorted(cells)
    if wall.moment and wall.moment.film:
        return film_displays.tiles_of_replay(wall.moment, wanted, options)
    placed = place_steps(layout, _steps(layout, wall, wanted))
    found = [
        _of_step(step, cell, options, wall, provider)
        if (step := placed[cell])
        else _empty(cell, layout)
        for cell in wanted
    ]
    # Labels are for setting up; once a run is shown, an empty cell is dark.
    unmarked = wall.run is not None or wall.mode is Mode.DARK
    return [
        replace(tile, mark="") if unmarked and tile.state == "empty" else tile for tile in found
    ]


def steps_on_screens(layouts: Iterable[Layout], wall: WallState) -> list[Invocation]:
    """The steps that any of these layouts shows, newest first. Few queries, however many they are."""
    wanted = set(layouts)
    load_steps(wanted, wall)
    found: dict[int, Invocation] = {}
    for layout in wanted:
        placed = place_steps(layout, _steps(layout, wall, range(layout.cells)))
        found |= {step.pk: step for step in placed if step}
    return sorted(found.values(), key=lambda step: step.sequence, reverse=True)


def load_steps(layouts: Iterable[Layout], wall: WallState) -> None:
    """Look up what all these layouts may show, with one query in the place of one for each."""
    if wall.run is None or wall.moment is not None:
        return
    wanted = {step for layout in layouts for step in layout.candidates(wall.latest)}
    _look_up(wall.run, sorted(wanted), wall)


def _look_up(run: Run, wanted: Iterable[int], wall: WallState) -> None:
    known = wall.cache.steps
    if missing := [sequence for sequence in wanted if sequence not in known]:
        found = {step.sequence: step for step in _of(run).filter(sequence__in=missing)}
        known |= {sequence: found.get(sequence) for sequence in missing}


def _steps(layout: Layout, wall: WallState, cells: Iterable[int]) -> list[Invocation]:
    known = wall.cache
    if wall.moment is not None:
        if known.archived is None:
            known.archived = replay.steps_at(wall.moment)
        return known.archived
    if wall.run is None:
        return []
    wanted = _wanted(layout, wall, set(cells))
    _look_up(wall.run, wanted, wall)
    return [step for sequence in wanted if (step := known.steps[sequence])]


def _wanted(layout: Layout, wall: WallState, cells: set[int]) -> list[int]:
    """Sequences that may be shown in these cells, but none that is known to be behind a newer one."""
    found = []
    for sequence in reversed(layout.candidates(wall.latest)):
        if (cell := layout.cell_of(sequence)) in cells:
            found.append(sequence)
            step = wall.cache.steps.get(sequence)
            if step and layout.shows(step):
                cells.discard(cell)
    return found


def _recent(run: Run) -> dict[int, Invocation]:
    """The newest steps by sequence; their assets are looked up where they have some."""
    return {step.sequence: step for step in _NEWEST.fetch(run.pk, RECENT)}


def _of(run: Run) -> models.QuerySet[Invocation]:
    return run.invocations.select_related("output_asset")


def _of_step(
    step: Invocation,
    cell: int,
    options: tiles.TileOptions,
    wall: WallState,
    provider: ProviderStatus,
) -> Tile:
    known = wall.cache.drawings.tiles
    key = step.pk, cell, options, provider
    if key not in known:
        known[key] = tiles.step_tile(step, id=f"tile-{cell}", options=options, provider=provider)
    return known[key]


def _empty(cell: int, layout: Layout) -> Tile:
    nothing = tiles.empty_tile(cell)
    if not layout.setup_label:
        return nothing
    return replace(
        nothing,
        mark=layout.setup_label,
        name=gettext("Empty; shows %(summary)s") % {"summary": layout.summary},
    )


def render_cells(
    display: Display,
    wall: WallState,
    cell: int | None = None,
    *,
    provider: ProviderStatus = NO_STATUS,
) -> dict[str, str]:
    """This cell, or all of them."""
    if drawn_runs.shows_whole_run(display):
        return drawn_runs.render(display, run_of_wall(wall))
    if display.kind == DisplayKind.VESTABOARD:
        context = {"board": _drawn_board(display, wall)}
        return {"board": render_to_string("displays/_board.html", context)}
    known = wall.cache.drawings
    key = display.layout, display.film_id, cell, provider
    if key not in known.cells:
        found = tiles_of(display, wall, None if cell is None else {cell}, provider=provider)
        for tile in found:
            if tile not in known.html:
                known.html[tile] = render_to_string("studio/_tile.html", {"tile": tile})
        known.cells[key] = {tile.id: known.html[tile] for tile in found}
    return known.cells[key]


def render_notices(display: Display, wall: WallState) -> dict[str, str]:
    """What is said over the tiles: of the wall, whatever the display."""
    if film_displays.is_film(display):
        return _render_notices(display, wall)
    known = wall.cache.drawings
    if not known.notices:
        known.notices = _render_notices(display, wall)
    return known.notices


def _render_notices(display: Display, wall: WallState) -> dict[str, str]:
    context = page_context(display, wall)
    return {
        "wall-notice": render_to_string("displays/_notice.html", context),
        "screen-note": render_to_string("displays/_note.html", context),
        "wall-caption": render_to_string("displays/_caption.html", context),
        "wall-attract": render_to_string("displays/_attract.html", context),
    }


def render_screen(
    display: Display, wall: WallState, *, provider: ProviderStatus = NO_STATUS
) -> dict[str, str]:
    """Everything, cells included, for a display that may have been arranged anew."""
    context = screen_context(display, wall, provider=provider)
    return {
        "screen": render_to_string("displays/_screen.html", context),
        **render_notices(display, wall),
        **render_info_code(display),
    }


def render_info_code(display: Display) -> dict[str, str]:
    """The code in a corner that leads to the network's page: of this display alone."""
    context = {"display": display, "info_code": captions.info_code_of(display)}
    return {"info-code": render_to_string("displays/_info_code.html", context)}


def render_identification(display: Display, until: datetime | None) -> dict[str, str]:
    """Which display this is, in large letters until a moment."""
    context = {"display": display, "until": until}
    return {"identify": render_to_string("displays/_identify.html", context)}


def screen_context(
    display: Display, wall: WallState, *, provider: ProviderStatus = NO_STATUS
) -> dict[str, object]:
    """What a display's page needs: with its tiles, or its board."""
    if wall.mode is Mode.DARK:
        return page_context(display, wall) | {"tiles": tiles_of(display, wall)}
    context = page_context(display, wall) | {"info_code": captions.info_code_of(display)}
    if display.kind == DisplayKind.VESTABOARD:
        return context | {"board": _drawn_board(display, wall)}
    if drawn_runs.shows_whole_run(display):
        return context | drawn_runs.context(display, run_of_wall(wall))
    return context | {"tiles": tiles_of(display, wall, provider=provider)}


def draw_boards(displays: Sequence[Display], wall: WallState) -> dict[int, DrawnBoard]:
    """By the key of their display. Few queries, however many they are."""
    load_steps([one.layout for one in displays], wall)
    newest = {one.pk: place_steps(one.layout, _steps(one.layout, wall, [0]))[0] for one in displays}
    return drawn_boards.draw_boards(wall.network, displays, run_of_wall(wall), newest)


def _drawn_board(display: Display, wall: WallState) -> DrawnBoard:
    return draw_boards([display], wall)[display.pk]


def run_of_wall(wall: WallState) -> Run | None:
    """The run that is shown: the one that lives, or one of the archive."""
    if wall.moment is None:
        return wall.run
    return Run.objects.filter(pk=wall.moment.run, withdrawn_at__isnull=True).first()


def page_context(display: Display, wall: WallState) -> dict[str, object]:
    return {
        "display": display,
        "wall": wall,
        **_words_beside(display, wall),
        "rows": display.rows or 1,
        "columns": display.columns or 1,
    }


def _words_beside(display: Display, wall: WallState) -> dict[str, object]:
    """What is said of the run; a film says what it is of."""
    if film_displays.is_film(display):
        return {"archived": None, "caption": None, "attraction": None}
    archived, run = wall.moment is not None, run_of_wall(wall)
    is_film, halted = bool(wall.moment and wall.moment.film), wall.halt is not None
    idle = run is None and not is_film and wall.mode is not Mode.DARK
    words = captions.caption_of_run(wall.network, run, archived=archived, halted=halted)
    return {
        "archived": run if archived else None,
        "caption": None if is_film else words,
        "attraction": captions.attraction_of_network(wall.network) if idle else None,
    }
