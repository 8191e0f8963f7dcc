"""Writing displays: what was sent, checked and made into rows. Inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from networks.fields import Invalid

from . import fields
from .models import Display, Installation
from .schemas import DisplayChange, DisplayIn


def whole(body: DisplayIn) -> dict[str, Any]:
    """A new display's row. Raises Invalid."""
    return checked(body.given)


def merged(display: Display, body: DisplayChange) -> dict[str, Any]:
    """A display's row with the change in it; of another type it keeps what that type has too."""
    given = fields.with_offsets(body.given)
    kind = given.get("type", display.kind)
    kept = {"type": kind, "name": display.name, "muted": display.muted}
    kept |= {name: getattr(display, name) for name in fields.OF_KIND.get(kind, ())}
    return checked(kept | given)


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row. Raises Invalid."""
    values = {**fields.DEFAULTS, **fields.with_offsets(given)}
    fields.check(values)
    values = {
        name: fields.DEFAULTS[name] if name in fields.DEFAULTS and not value else value
        for name, value in values.items()
    }
    values["kind"] = values.pop("type")
    return values


def add(installation: Installation, row: dict[str, Any]) -> Display:
    try:
        with transaction.atomic():
            return installation.add(**row)
    except IntegrityError:
        raise taken() from None


def save(display: Display, row: dict[str, Any]) -> None:
    for field, value in row.items():
        setattr(display, field, value)
    try:
        with transaction.atomic():
            display.save(update_fields=list(row))
    except IntegrityError:
        raise taken() from None


def replace(installation: Installation, rows: list[dict[str, Any]]) -> None:
    """Those whose name stays keep their address and their code."""
    names = [row["name"] for row in rows]
    if len(set(names)) < len(names):
        raise taken()
    installation.displays.exclude(name__in=names).delete()
    for position, row in enumerate(rows):
        installation.displays.update_or_create(
            name=row["name"], defaults={**row, "position": position}
        )


def arrange(installation: Installation, order: list[str]) -> None:
    names = set(installation.displays.values_list("name", flat=True))
    if len(order) != len(names) or set(order) != names:
        raise Invalid({"order": "Name every display once."})
    installation.arrange(order)


def taken() -> Invalid:
    return Invalid({"name": "Another display of the installation has this name."})
