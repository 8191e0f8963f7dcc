"""What one display shows of its network's wall (`displays.wall_states`), and its rendering."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import models
from django.template.loader import render_to_string
from django.utils.translation import gettext

from invocations.models import Invocation, Run
from studio import tiles
from studio.tiles import NO_STATUS, WALL, WALL_FULL_SIZE, ProviderStatus, Tile

from . import captions, drawn_boards, drawn_runs, film_displays, replay
from .drawn_boards import DrawnBoard
from .layouts import Layout, place_steps
from .models import Display, DisplayKind
from .wall_states import Mode, WallState, run_of_wall


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
