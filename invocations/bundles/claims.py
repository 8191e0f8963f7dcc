"""What the record of a bundle claims, line by line: the shape it must have, and no more than that."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from assets.kinds import Kind
from invocations.states import InvocationState
from networks.fields import is_legible
from networks.rings import Slot

from .layout import MEDIUM

NUMBER_MOST = 2**31 - 1
TEXT_MOST = 1_000_000
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)
_OVER = {InvocationState.COMPLETED, InvocationState.FAILED, InvocationState.CANCELLED}


def _storable(text: str) -> str:
    """Every database takes it."""
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("this is not text")
    return text


def _line(text: str) -> str:
    if not is_legible(text) or "\n" in text:
        raise ValueError("this is not a line of text")
    return text


def _sane(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("this is not a time that anything ran at")
    return at


def _slot(value: dict[str, Any]) -> dict[str, Any]:
    try:
        slot = Slot.from_json(value)
    except (KeyError, TypeError) as error:
        raise ValueError("a slot has a model, and parameters if it needs some") from error
    _line(slot.model[:200])
    if "\\u0000" in json.dumps(slot.as_json(), allow_nan=False):
        raise ValueError("this is not text")
    return slot.as_json()


Text = Annotated[str, Field(max_length=TEXT_MOST), AfterValidator(_storable)]
Line = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Moment = Annotated[AwareDatetime, AfterValidator(_sane)]
Number = Annotated[int, Field(ge=0, le=NUMBER_MOST)]
Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class _Claim(BaseModel):
    """What a newer bundle of the same version says besides is passed over."""

    model_config = ConfigDict(strict=False, extra="ignore")


class Medium(_Claim):
    file: str
    kind: Kind

    @property
    def sha256(self) -> str:
        return self.file.removeprefix("media/")[:64]

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not MEDIUM.fullmatch(self.file):
            raise ValueError("media are named for their SHA-256")
        return self


class Content(_Claim):
    text: Text | None = None
    media: Medium | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.text is None) == (self.media is None):
            raise ValueError("it is either text or media")
        return self


class Step(_Claim):
    sequence: Number
    slot: Number
    model: Line
    state: InvocationState
    input: Content
    output: Content | None = None
    substituted: bool = False
    fallen_back: bool = False
    error: Annotated[Line, Field(max_length=40)] | None = None
    created_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    seconds: Seconds | None = None

    @model_validator(mode="after")
    def _over(self) -> Self:
        if self.state not in _OVER:
            raise ValueError("a step of a bundle is over")
        if (self.state == InvocationState.COMPLETED) != (self.output is not None):
            raise ValueError("a completed step has an output, and no other has one")
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


class Head(_Claim):
    exported_at: Moment
    run: RunClaim
