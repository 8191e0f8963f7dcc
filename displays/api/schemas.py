"""Installations and displays as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from pydantic import BaseModel, Field, model_validator

from displays import display_settings
from displays.models import Display, DisplayReport, Installation, QrCorner, QrTarget
from lib.schemas import StrictSchema, example

_REPORTED = (
    *("last_seen_at", "acknowledged_cursor", "lag_ms", "version", "resolution"),
    *("uptime_seconds", "memory_mb", "volume", "thumbnail"),
)
_READ_ONLY = frozenset({"id", "url", "code", "viewers", "opens_at", "created_at", *_REPORTED})

_HOURS_EXAMPLE: dict[str, Any] = {
    "days": ["tue", "wed", "thu", "fri", "sat", "sun"],
    "opens": "10:00",
    "closes": "18:00",
    "zone": "Europe/Zurich",
}
_SINGLE_EXAMPLE: dict[str, Any] = {"type": "single", "name": "left", "stride": 4, "offset": 0}
_DISPLAY_EXAMPLE: dict[str, Any] = {
    "id": "d1Ra4gVu7Ey5",
    "type": "single",
    "name": "left",
    "rows": None,
    "columns": None,
    "stride": 4,
    "offset": 0,
    "offsets": [0],
    "show_invoking": False,
    "muted": False,
    "vestaboard_name": None,
    "film": None,
    "initial_prompt": False,
    "language": "",
    "qr_corner": "none",
    "qr_target": "page",
    "panic_key": "",
    "url": "/i/h8Wm2cPq6Nb4/left/",
    "code": "k7m2",
    "viewers": 1,
    "last_seen_at": "2026-11-28T19:30:00Z",
    "acknowledged_cursor": "9f2c41d07a3b:18~5d1e:4~77ab:0",
    "lag_ms": 24.5,
    "version": "0.1.0",
    "resolution": "1920x1080",
    "uptime_seconds": 86000,
    "memory_mb": 41.5,
    "volume": 1.0,
    "thumbnail": None,
}


class Sent(StrictSchema):
    """Fields that only the server writes are passed over, so that what was read can be sent back."""

    @model_validator(mode="before")
    @classmethod
    def _pass_over(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return {name: given for name, given in value.items() if name not in _READ_ONLY}


class DisplayChange(Sent):
    """What can be changed of a display. `offset` is the short way to say `offsets: [offset]`."""

    model_config = example({"muted": True})

    type: str = Field("single", json_schema_extra={"enum": list(display_settings.FIELDS_OF_KIND)})
    name: str = ""
    rows: int | None = None
    columns: int | None = None
    stride: int | None = None
    offset: int | None = None
    offsets: list[int] | None = Field(None, max_length=1_000)
    show_invoking: bool | None = None
    muted: bool | None = None
    vestaboard_name: str | None = None
    film: str | None = Field(None, description="The id of a finished film that one may see.")
    initial_prompt: bool | None = None
    language: str | None = Field(None, description="Empty = that of its browser.")
    qr_corner: str | None = Field(
        None,
        description="Where a code for phones is. One for the network's page is shown of public networks alone.",
        json_schema_extra={"enum": list(QrCorner.values)},
    )
    qr_target: str | None = Field(
        None,
        description="Where it leads; `terminal`: whoever scans it may type for an hour.",
        json_schema_extra={"enum": list(QrTarget.values)},
    )
    panic_key: str | None = Field(
        None, description="What a button beside it types, such as `F13`; empty: there is none."
    )

    @property
    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class DisplayIn(DisplayChange):
    """A new display."""

    model_config = example(_SINGLE_EXAMPLE)

    type: str = Field(json_schema_extra={"enum": list(display_settings.FIELDS_OF_KIND)})
    name: str


class OpeningPeriodIn(StrictSchema):
    """Weekly: on these days from `opens` to `closes`, on the next day where that is not later."""

    model_config = example(_HOURS_EXAMPLE)

    days: list[str | int] = Field(
        max_length=7,
        description="`mon` to `sun`; names and the numbers 1 (Monday) to 7 are taken too.",
    )
    opens: str = Field(max_length=8, description="On the clock of the place, as `10:00`.")
    closes: str = Field(max_length=8, description="`00:00` and `24:00` are the end of the day.")
    zone: str = Field(max_length=60, description="An IANA time zone.")


class OpeningPeriodOut(BaseModel):
    days: list[str]
    opens: str
    closes: str
    zone: str


class InstallationChange(Sent):
    """What can be changed. `displays` replaces them all, `order` arranges them by name, `opening_hours`
    and `closed_on` replace those of before."""

    model_config = example({"network": "shouts", "order": ["left"]})

    name: str = ""
    network: str = ""
    displays: list[DisplayIn] = Field(default_factory=list, max_length=200)
    order: list[str] = Field(default_factory=list, max_length=200)
    opening_hours: list[OpeningPeriodIn] = Field(
        default_factory=list, max_length=100, description="Empty: always open."
    )
    closed_on: list[str] = Field(
        default_factory=list, max_length=1_000, description="Dates on which it does not open."
    )

    @property
    def opening(self) -> dict[str, Any]:
        """Those of its opening hours that were given."""
        return self.model_dump(include={"opening_hours", "closed_on"}, exclude_unset=True)


class InstallationIn(InstallationChange):
    model_config = example({"name": "Foyer", "network": "whispers", "displays": [_SINGLE_EXAMPLE]})

    name: str
    network: str


class KioskClaim(StrictSchema):
    """Which display the screen that shows `code` is to be. A name that the installation does not
    have yet becomes a display that shows every step."""

    model_config = example({"code": "K7M2", "installation": "h8Wm2cPq6Nb4", "name": "left"})

    code: str = Field(max_length=40)
    installation: str = Field(max_length=40)
    name: str


class Identify(StrictSchema):
    model_config = example({"display": "left"})

    display: str | None = None


class DisplayMute(StrictSchema):
    model_config = example({"muted": True})

    muted: bool = True


class DisplayVolume(StrictSchema):
    model_config = example({"volume": 0.5})

    volume: float = Field(ge=0, le=1)


class DisplayOut(BaseModel):
    """One screen or board. `url` is what it opens, `code` the same for `/r/<code>`. From `last_seen_at`
    on: what its screens said of themselves last, null where none has."""

    model_config = example(_DISPLAY_EXAMPLE)

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
    film: str | None
    initial_prompt: bool
    language: str
    qr_corner: str
    qr_target: str
    panic_key: str
    url: str
    code: str
    viewers: int
    last_seen_at: datetime | None
    acknowledged_cursor: str | None
    lag_ms: float | None
    version: str | None
    resolution: str | None
    uptime_seconds: int | None
    memory_mb: float | None
    volume: float | None
    thumbnail: str | None

    @classmethod
    def from_display(cls, display: Display, *, viewers: int) -> DisplayOut:
        """Queries for report and film where they were not selected along."""
        same = {name: getattr(display, name) for name in display_settings.DEFAULTS}
        return cls(
            **same | {"film": display.film and display.film.public_id},
            name=display.name,
            code=display.code,
            id=display.public_id,
            type=display.kind,
            offset=display.offsets[0] if display.offsets else None,
            url=display.get_absolute_url(),
            viewers=viewers,
            **_reported(display),
        )


def _reported(display: Display) -> dict[str, Any]:
    report: DisplayReport | None = getattr(display, "report", None)
    if report is None:
        return dict.fromkeys(_REPORTED)
    return {
        "last_seen_at": report.seen_at,
        "acknowledged_cursor": report.cursor or None,
        "lag_ms": report.lag_ms,
        "version": report.version or None,
        "resolution": report.resolution or None,
        "uptime_seconds": report.uptime_seconds,
        "memory_mb": report.memory_mb,
        "volume": report.volume,
        "thumbnail": report.thumbnail or None,
    }


class Watcher(BaseModel):
    """Who watches what: an address where they signed in, null for everybody else together."""

    display: str
    who: str | None
    count: int


class InstallationOut(BaseModel):
    """A named set of displays on a network."""

    model_config = example(
        {
            "id": "h8Wm2cPq6Nb4",
            "name": "Foyer",
            "network": "whispers",
            "displays": [_DISPLAY_EXAMPLE],
            "opening_hours": [_HOURS_EXAMPLE],
            "closed_on": ["2026-12-25"],
            "opens_at": None,
            "viewers": 1,
            "created_at": "2026-11-28T19:30:00Z",
        }
    )

    id: str
    name: str
    network: str
    displays: list[DisplayOut]
    opening_hours: list[OpeningPeriodOut]
    closed_on: list[str]
    opens_at: datetime | None = Field(
        description="Until when its displays are dark on purpose; null while it is open."
    )
    viewers: int
    created_at: datetime

    @classmethod
    def from_installation(
        cls, installation: Installation, viewers: Mapping[str, int]
    ) -> InstallationOut:
        displays = [
            DisplayOut.from_display(one, viewers=viewers.get(one.feed_key, 0))
            for one in installation.displays.all()
        ]
        return cls(
            id=installation.public_id,
            name=installation.name,
            network=installation.network.slug,
            displays=displays,
            opening_hours=installation.opening_hours,
            closed_on=installation.closed_on,
            opens_at=installation.hours.opens_at(timezone.now()),
            viewers=sum(display.viewers for display in displays),
            created_at=installation.created_at,
        )
