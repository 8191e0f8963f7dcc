"""The format of a bundle: what lies where, how much of each there may be, and the shape of its record."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from django.utils.translation import gettext
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from assets.kinds import MEGA, MediaKind
from assets.models import Asset
from invocations.models import StuckReason
from invocations.states import InvocationState
from lib.validation import is_legible
from networks.rings import Slot

FORMAT, VERSION = "panic-run", 1
RECORD, PAGE = "run.json", "index.html"
PICTURE, POINTS = "trajectory.svg", "trajectory.json"
MEDIUM = re.compile(r"media/([0-9a-f]{64})\.([a-z0-9]{2,5})")

MAX_FILM = 1_000 * MEGA  # a larger film is left out: a bundle has to be taken in again
MAX_BUNDLE = 2_000 * MEGA  # bytes as they come
MAX_UNPACKED = 4_000 * MEGA
MAX_DIRECTORY = 8 * MEGA  # the list of what is in it
MAX_FILES = 60_000
MAX_RECORD = 1_000 * MEGA
MAX_LINE = 2 * MEGA  # one step
MAX_STEPS = 200_000


def name_of(asset: Asset) -> str:
    return f"media/{asset.sha256}.{asset.extension}"


MAX_NUMBER = 2**31 - 1
MAX_CHAPTERS, MAX_CHAPTER_TITLE = 1_000, 1_000
MAX_TEXT = 1_000_000
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)
_OVER = {InvocationState.COMPLETED, InvocationState.FAILED, InvocationState.CANCELLED}


def _storable(text: str) -> str:
    """Every database takes it."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError(gettext("This is not valid text."))
    return text


def _line(text: str) -> str:
    if not is_legible(text) or "\n" in text:
        raise ValueError(gettext("This is not a line of text."))
    return text


def _sane(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError(gettext("Nothing ran at this time."))
    return at


def _slot(value: dict[str, Any]) -> dict[str, Any]:
    try:
        slot = Slot.from_json(value)
    except (KeyError, TypeError) as error:
        raise ValueError(gettext("A slot has a model, and parameters if it needs some.")) from error
    _line(slot.model[:200])
    if "\\u0000" in json.dumps(slot.as_json(), allow_nan=False):
        raise ValueError(gettext("This is not valid text."))
    return slot.as_json()


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_storable)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Moment = Annotated[AwareDatetime, AfterValidator(_sane)]
Number = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class _Claim(BaseModel):
    """What a newer bundle of the same version says besides is passed over."""

    model_config = ConfigDict(strict=False, extra="ignore")


class BundleMedium(_Claim):
    file: str
    kind: MediaKind

    @property
    def sha256(self) -> str:
        return self.file.removeprefix("media/")[:64]

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not MEDIUM.fullmatch(self.file):
            raise ValueError(gettext("Media are named for their SHA-256."))
        return self


class BundleContent(_Claim):
    text: Text | None = None
    media: BundleMedium | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.text is None) == (self.media is None):
            raise ValueError(gettext("This is either text or media."))
        return self


class BundlePerturbation(_Claim):
    reason: StuckReason
    words: Annotated[Line, Field(min_length=1)]


class BundleStep(_Claim):
    sequence: Number
    slot: Number
    model: Line
    state: InvocationState
    input: BundleContent
    output: BundleContent | None = None
    substituted: bool = False
    fallen_back: bool = False
    perturbation: BundlePerturbation | None = None
    error: Annotated[Line, Field(max_length=40)] | None = None
    created_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    seconds: Seconds | None = None

    @model_validator(mode="after")
    def _over(self) -> Self:
        if self.state not in _OVER:
            raise ValueError(gettext("A step of a bundle is over."))
        if (self.state == InvocationState.COMPLETED) != (self.output is not None):
            raise ValueError(gettext("A completed step has an output, and no other has one."))
        return self


class Origin(_Claim):
    name: Annotated[Line, Field(max_length=100)]


class RunClaim(_Claim):
    id: Annotated[str, Field(pattern=r"^[0-9a-z]{1,40}$")]
    network: Origin
    prompt: Annotated[Text, Field(min_length=1, max_length=20_000)]
    state: Line
    reason: Line | None = None
    created_at: Moment
    ended_at: Moment | None = None
    first_slot: Number = 0
    ring: Annotated[list[Annotated[dict[str, Any], AfterValidator(_slot)]], Field(max_length=1_000)]


class BundleChapter(_Claim):
    seconds: Seconds
    title: Annotated[Text, Field(max_length=MAX_CHAPTER_TITLE)]


class BundleFilm(BundleMedium):
    title: Annotated[Text, Field(max_length=200)] = ""
    chapters: Annotated[list[BundleChapter], Field(max_length=MAX_CHAPTERS)] = []

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.kind is not MediaKind.VIDEO:
            raise ValueError(gettext("A film is a video."))
        return self


class BundleHead(_Claim):
    exported_at: Moment
    run: RunClaim
    film: BundleFilm | None = None
