"""Steps as tiles: what each looks like on a grid, a wall, a film strip.

Cell = sequence mod cells: every new step overwrites the oldest one in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from assets.models import Asset
from networks import markdown
from platforms.base import Modality
from platforms.registry import UnknownModel, get_model, get_platform

from .models import Invocation
from .sayings import NOTHING_SAID, Saying
from .states import InvocationState
from .wording import STEP_STATES, advice

ALT_MOST = 400  # characters: a screen reader reads all of it, every time
NOTHING = markdown.tile("")


@dataclass(frozen=True, slots=True)
class Look:
    """Who sees it, and so what it says. `told`: why a step failed; `linked`: the way to the step;
    `whole`: it has a screen to itself; `lazy`: it is one of many on a page, and its medium comes
    when it is looked at; `priced`: what it cost."""

    told: bool = False
    linked: bool = True
    whole: bool = False
    lazy: bool = False
    priced: bool = True


WALL = Look(linked=False)
WALL_WHOLE = Look(linked=False, whole=True)


@dataclass(frozen=True, slots=True)
class Tile:
    """What templates/invocations/_tile.html needs."""

    id: str
    state: str  # "empty" or an InvocationState
    name: str
    mark: str = ""
    modality: str = ""
    text: str = ""
    marked: SafeString = NOTHING.marked
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
    substituted: bool = False
    href: str = ""
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A step in one line. Made by the dozen with every event, so nothing is parsed for it."""

    number: int
    state: str
    model: str
    modality: str
    words: str
    seconds: float | None
    href: str


def line(step: Invocation) -> Line:
    model, _, modality = described(step.model)
    asset = step.output_asset
    gave = (
        f"made of “{shortened(step.input_text, 80)}”" if asset else shortened(step.output_text, 120)
    )
    return Line(
        step.sequence,
        step.state,
        model,
        str(asset.kind if asset else modality or Modality.TEXT),
        gave if step.state == InvocationState.COMPLETED else STEP_STATES[step.state],
        step.seconds,
        step.get_absolute_url(),
    )


def empty(cell: int) -> Tile:
    """A place nothing has come to yet; its number helps whoever hangs the show."""
    return Tile(f"tile-{cell}", state="empty", name=f"Place {cell + 1}, empty", mark=f"{cell + 1}")


def of_step(
    step: Invocation,
    *,
    id: str = "",  # noqa: A002
    look: Look = Look(),
    said: Saying = NOTHING_SAID,
) -> Tile:
    """The tile of a step, under the id of the place where it hangs. `said`: the provider's newest
    words, of this step or of another."""
    model, platform, modality = described(step.model)
    asset = step.output_asset
    words = NOTHING if asset else markdown.tile(step.output_text)
    ready, invoking = (step.state == state for state in ("ready", "invoking"))
    return Tile(
        id=id or f"step-{step.public_id}",
        state=step.state,
        name=f"Step {step.sequence}, {model}: {STEP_STATES[step.state]}",
        mark=str(step.sequence),
        modality=asset.kind if asset else modality or Modality.TEXT,
        text=words.plain,
        marked=words.marked,
        url=_url(asset, look) if asset else "",
        poster=asset.poster_url if asset else "",
        alt=alt_text(step),
        model=model,
        platform=platform,
        seconds=step.seconds,
        usd=step.usd if look.priced else None,
        since=step.started_at if invoking else None,
        due_at=step.due_at if ready else None,
        again=ready and step.attempts_made > 0,
        reason=_reason(step, look),
        status=said.of(step) if invoking else "",
        substituted=step.substituted,
        href=step.get_absolute_url() if look.linked else "",
        lazy=look.lazy,
    )


def of_input(step: Invocation) -> Tile:
    """What the first step of a run was given, as the frame that comes before it."""
    asset = step.input_asset
    words = NOTHING if asset else markdown.tile(step.input_text)
    return Tile(
        id=f"input-{step.public_id}",
        state=InvocationState.COMPLETED,
        name="What it began with" if asset else "The prompt",
        modality=str(asset.kind if asset else Modality.TEXT),
        text=words.plain,
        marked=words.marked,
        url=_url(asset, Look()) if asset else "",
        poster=asset.poster_url if asset else "",
        alt="What the run began with",
        lazy=True,
    )


def grid(
    steps: Iterable[Invocation], cells: int, look: Look = Look(), *, said: Saying = NOTHING_SAID
) -> list[Tile]:
    """All cells in order, each with the newest of `steps` that falls on it."""
    newest: dict[int, Invocation] = {}
    for step in sorted(steps, key=lambda step: step.sequence):
        newest[step.sequence % cells] = step
    return [
        of_step(newest[cell], id=f"tile-{cell}", look=look, said=said)
        if cell in newest
        else empty(cell)
        for cell in range(cells)
    ]


def alt_text(step: Invocation) -> str:
    """A picture or sound in words: those it was made from."""
    return shortened(step.input_text, ALT_MOST) or f"Made by {described(step.model)[0]}"


def described(model_id: str) -> tuple[str, str, Modality | None]:
    """Name, platform and output of a model, as far as the catalogue still knows it."""
    try:
        model = get_model(model_id)
        return model.name, get_platform(model.platform).label, model.output
    except UnknownModel:
        return model_id, "", None


def shortened(text: str, most: int) -> str:
    """On one line, whole words only."""
    words = " ".join(text[: 4 * most].split())
    return words if len(words) <= most else words[:most].rsplit(" ", 1)[0] + " …"


def _url(asset: Asset, look: Look) -> str:
    if asset.kind != Modality.IMAGE:
        return asset.url
    return asset.screen_url if look.whole else asset.tile_url


def _reason(step: Invocation, look: Look) -> str:
    if step.state == InvocationState.CANCELLED:
        return "stopped"
    if step.state != InvocationState.FAILED:
        return ""
    if not look.told:
        return "This step did not work out."
    return f"{step.error_detail} {advice(step.error_code)}".strip()
