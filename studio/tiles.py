"""Steps as tiles: what each looks like on a grid, a wall, a film strip.

Cell = sequence mod cells: every new step overwrites the oldest one in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from assets.models import Asset
from invocations.events import InvocationProgressed
from invocations.models import Invocation
from invocations.states import InvocationState
from lib import markdown
from lib.stored_sentences import translate_stored
from platforms.base import Modality
from platforms.registry import UnknownModel, get_model, get_platform
from realtime.events import Progress

from .hooks import hooks
from .state_texts import STEP_STATES, advice

MAX_ALT_CHARACTERS = 400  # a screen reader reads all of it, every time
MAX_STATUS_CHARACTERS = 80  # a log line may be long; it stands on one tile for a moment
EMPTY_TEXT = markdown.render_tile("")


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """The provider's words, and the public id of the step they are about."""

    invocation: str = ""
    words: str = ""

    def words_for(self, step: Invocation) -> str:
        """The words, where they are about this step."""
        return self.words if step.public_id == self.invocation else ""


NO_STATUS = ProviderStatus()


@dataclass(frozen=True, slots=True)
class TileOptions:
    """What a tile shows, depending on who looks at it and where."""

    can_control: bool = False  # with the reason why a step failed
    linked: bool = True  # with a link to the step
    full_size: bool = False  # it has the screen to itself
    lazy: bool = False  # one of many on a page: its medium is loaded when it is scrolled to
    priced: bool = True  # with what the step cost
    previewed: bool = False  # with the preview of a step at work


WALL = TileOptions(linked=False)
WALL_FULL_SIZE = TileOptions(linked=False, full_size=True)


@dataclass(frozen=True, slots=True)
class Tile:
    """What templates/studio/_tile.html needs."""

    id: str
    state: str  # "empty" or an InvocationState
    name: str
    mark: str = ""
    modality: str = ""
    text: str = ""
    marked: SafeString = EMPTY_TEXT.html
    url: str = ""
    poster: str = ""
    alt: str = ""
    model: str = ""
    platform: str = ""
    seconds: float | None = None
    usd: float | None = None
    since: datetime | None = None
    due_at: datetime | None = None
    again: bool = False  # tried before, without success
    reason: str = ""
    status: str = ""  # in the provider's own words, while it works
    preview: str | None = None  # of what it will give; empty: not yet; None: not shown here
    substituted: bool = False
    href: str = ""
    lazy: bool = False
    keeps_time: bool = False  # a film that is heard and is where the clock says
    began_at: datetime | None = None  # of a film that began at a time of its own


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step in one line. Many are made with every event, so no Markdown is parsed for it."""

    number: int
    state: str
    model: str
    modality: str
    words: str
    seconds: float | None
    href: str


def step_line(step: Invocation) -> StepLine:
    model, _, modality = describe_model(step.model)
    asset = step.output_asset
    made_of = gettext("made of “%(words)s”") % {"words": shorten(step.input_text, 80)}
    gave = made_of if asset else shorten(step.output_text, 120)
    return StepLine(
        step.number,
        step.state,
        model,
        str(asset.kind if asset else modality or Modality.TEXT),
        gave if step.state == InvocationState.COMPLETED else str(STEP_STATES[step.state]),
        step.seconds,
        step.get_absolute_url(),
    )


def empty_tile(cell: int) -> Tile:
    """A cell without a step yet; its number helps whoever sets up the displays."""
    return Tile(
        f"tile-{cell}",
        state="empty",
        name=gettext("Place %(number)d, empty") % {"number": cell + 1},
        mark=f"{cell + 1}",
    )


def step_tile(
    step: Invocation,
    *,
    id: str = "",  # noqa: A002
    options: TileOptions = TileOptions(),
    provider: ProviderStatus = NO_STATUS,
) -> Tile:
    """The tile of a step, with the element id of its cell. `provider`: the newest status, of this
    step or of another."""
    model, platform, modality = describe_model(step.model)
    asset = step.output_asset
    words = EMPTY_TEXT if asset else markdown.render_tile(step.output_text)
    ready, invoking = (step.state == state for state in ("ready", "invoking"))
    return Tile(
        id=id or f"step-{step.public_id}",
        state=step.state,
        name=gettext("Step %(number)d, %(model)s: %(state)s")
        % {"number": step.number, "model": model, "state": STEP_STATES[step.state]},
        mark=str(step.number),
        modality=asset.kind if asset else modality or Modality.TEXT,
        text=words.plain,
        marked=words.html,
        url=_url(asset, options) if asset else "",
        poster=asset.poster_url if asset else "",
        alt=alt_text(step) if asset else "",
        model=model,
        platform=platform,
        seconds=step.seconds,
        usd=step.usd if options.priced else None,
        since=step.started_at if invoking else None,
        due_at=step.due_at if ready else None,
        again=ready and step.attempts_made > 0,
        reason=_reason(step, options),
        status=provider.words_for(step) if invoking else "",
        preview=hooks.preview(step) if invoking and options.previewed else None,
        substituted=step.substituted,
        href=step.get_absolute_url() if options.linked else "",
        lazy=options.lazy,
    )


def input_tile(step: Invocation) -> Tile:
    """What the first step of a run was given: the frame before it on the film strip."""
    asset = step.input_asset
    words = EMPTY_TEXT if asset else markdown.render_tile(step.input_text)
    return Tile(
        id=f"input-{step.public_id}",
        state=InvocationState.COMPLETED,
        name=gettext("What it began with") if asset else gettext("The prompt"),
        modality=str(asset.kind if asset else Modality.TEXT),
        text=words.plain,
        marked=words.html,
        url=_url(asset, TileOptions()) if asset else "",
        poster=asset.poster_url if asset else "",
        alt=gettext("What the run began with"),
        lazy=True,
    )


def grid_tiles(
    steps: Iterable[Invocation],
    cells: int,
    options: TileOptions = TileOptions(),
    *,
    provider: ProviderStatus = NO_STATUS,
) -> list[Tile]:
    """All cells in order, each with the newest of `steps` that falls on it."""
    newest: dict[int, Invocation] = {}
    for step in sorted(steps, key=lambda step: step.sequence):
        newest[step.sequence % cells] = step
    return [
        step_tile(newest[cell], id=f"tile-{cell}", options=options, provider=provider)
        if cell in newest
        else empty_tile(cell)
        for cell in range(cells)
    ]


def find_step(progress: Progress) -> tuple[Invocation, ProviderStatus] | None:
    """The step that this is about, and its status; None where it is not at work any more."""
    step = _step_at_work(progress) if progress.type == InvocationProgressed.type else None
    return None if step is None else (step, _status_of(step, progress))


def _step_at_work(progress: Progress) -> Invocation | None:
    step = Invocation.objects.filter(public_id=progress.data.get("invocation")).first()
    return step if step and step.state == InvocationState.INVOKING else None


def _status_of(step: Invocation, progress: Progress) -> ProviderStatus:
    return ProviderStatus(
        step.public_id, shorten(str(progress.data.get("status", "")), MAX_STATUS_CHARACTERS)
    )


def render_status(cell: int, status: ProviderStatus) -> dict[str, str]:
    """The part of the tile in this cell that shows the status, by element id."""
    tile = {"id": f"tile-{cell}", "status": status.words}
    return {f"tile-{cell}-status": render_to_string("studio/_tile_status.html", {"tile": tile})}


def render_preview(progress: Progress, cells: int) -> dict[str, str]:
    """The part of the tile of this step that shows its preview, by element id; nothing where the step is not
    at work any more."""
    step = _step_at_work(progress)
    if step is None:
        return {}
    tile = {"id": f"tile-{step.sequence % cells}", "preview": hooks.preview(step)}
    return {f"{tile['id']}-preview": render_to_string("studio/_tile_preview.html", {"tile": tile})}


def alt_text(step: Invocation) -> str:
    """A picture or sound in words: those it was made from."""
    if words := shorten(step.input_text, MAX_ALT_CHARACTERS):
        return words
    return gettext("Made by %(model)s") % {"model": describe_model(step.model)[0]}


def describe_model(model_id: str) -> tuple[str, str, Modality | None]:
    """Name, platform and output of a model, as far as the catalogue still knows it."""
    try:
        model = get_model(model_id)
        return model.name, get_platform(model.platform).shown_label, model.output
    except UnknownModel:
        return model_id, "", None


def shorten(text: str, max_characters: int) -> str:
    """On one line, whole words only."""
    words = " ".join(text[: 4 * max_characters].split())
    return (
        words if len(words) <= max_characters else words[:max_characters].rsplit(" ", 1)[0] + " …"
    )


def _url(asset: Asset, options: TileOptions) -> str:
    if asset.kind != Modality.IMAGE:
        return asset.url
    return asset.screen_url if options.full_size else asset.tile_url


def _reason(step: Invocation, options: TileOptions) -> str:
    if step.state == InvocationState.CANCELLED:
        return pgettext("state", "stopped")
    if step.state != InvocationState.FAILED:
        return ""
    if not options.can_control:
        return gettext("This step did not work out.")
    return f"{translate_stored(step.error_detail)} {advice(step.error_code)}".strip()
