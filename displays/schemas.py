"""Installations and displays as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, model_validator

from networks.schemas import Given

from . import fields
from .models import Display, Installation

_READ_ONLY = frozenset({"id", "url", "code", "viewers", "created_at"})


class Sent(Given):
    """Fields that only the server writes are passed over, so that what was read can be sent back."""

    @model_validator(mode="before")
    @classmethod
    def _pass_over(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: given for name, given in value.items() if name not in _READ_ONLY}


class DisplayChange(Sent):
    """What can be changed of a display. `offset` is the short way to say `offsets: [offset]`."""

    type: str = Field("single", json_schema_extra={"enum": list(fields.OF_KIND)})
    name: str = ""
    rows: int | None = None
    columns: int | None = None
    stride: int | None = None
    offset: int | None = None
    offsets: list[int] | None = Field(None, max_length=1_000)
    show_invoking: bool | None = None
    muted: bool | None = None
    vestaboard_name: str | None = None
    initial_prompt: bool | None = None

    @property
    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class DisplayIn(DisplayChange):
    """A new display."""

    type: str = Field(json_schema_extra={"enum": list(fields.OF_KIND)})
    name: str


class InstallationChange(Sent):
    """What can be changed. `displays` replaces them all, `order` arranges them by name."""

    name: str = ""
    network: str = ""
    displays: list[DisplayIn] = Field(default_factory=list, max_length=200)
    order: list[str] = Field(default_factory=list, max_length=200)


class InstallationIn(InstallationChange):
    name: str
    network: str


class Claim(Given):
    """Which display the screen that shows `code` is to be. A name that the installation does not
    have yet becomes a display that shows every step."""

    code: str = Field(max_length=40)
    installation: str = Field(max_length=40)
    name: str


class Identify(Given):
    display: str | None = None


class DisplayOut(BaseModel):
    """One screen or board. `url` is what it opens, `code` the same for `/r/<code>`."""

    id: str
    type: str
    name: str
    rows: int | None
    columns: int | None
    stride: int | None
    offset: int | None
    offsets: list[int] | None
    show_invoking: bool
    muted: bool
    vestaboard_name: str | None
    initial_prompt: bool
    url: str
    code: str
    viewers: int

    @classmethod
    def of(cls, display: Display, *, viewers: int) -> DisplayOut:
        return cls(
            id=display.public_id,
            type=display.kind,
            name=display.name,
            rows=display.rows,
            columns=display.columns,
            stride=display.stride,
            offset=display.offsets[0] if display.offsets else None,
            offsets=display.offsets,
            show_invoking=display.show_invoking,
            muted=display.muted,
            vestaboard_name=display.vestaboard_name,
            initial_prompt=display.initial_prompt,
            url=display.get_absolute_url(),
            code=display.code,
            viewers=viewers,
        )


class Watcher(BaseModel):
    """Who watches what: an address where they signed in, null for everybody else together."""

    display: str
    who: str | None
    count: int


class InstallationOut(BaseModel):
    """A named set of displays on a network."""

    id: str
    name: str
    network: str
    displays: list[DisplayOut]
    viewers: int
    created_at: datetime

    @classmethod
    def of(cls, installation: Installation, viewers: Mapping[str, int]) -> InstallationOut:
        displays = []
        for display in installation.displays.all():
            display.installation = installation
            displays.append(DisplayOut.of(display, viewers=viewers.get(display.feed_key, 0)))
        return cls(
            id=installation.public_id,
            name=installation.name,
            network=installation.network.slug,
            displays=displays,
            viewers=sum(display.viewers for display in displays),
            created_at=installation.created_at,
        )
