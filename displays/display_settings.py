"""What may be set on a display: checked, with a sentence for every wrong field, and written to its row.

Writing happens inside the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from lib.keyboard import KEY_PROBLEM, is_key
from lib.languages import language_problem
from lib.validation import Invalid, is_legible

from .models import Display, Installation, QrCorner, QrTarget

MAX_SIDE = 12
MAX_STRIDE = 1_000
NAME = re.compile(r"[A-Za-z0-9-]{1,50}", re.ASCII)
BOARD = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)
DEFAULTS: Mapping[str, Any] = {
    "rows": None,
    "columns": None,
    "stride": None,
    "offsets": None,
    "show_invoking": False,
    "muted": False,
    "vestaboard_name": None,
    "film": None,
    "initial_prompt": False,
    "language": "",
    "qr_corner": QrCorner.NONE.value,
    "qr_target": QrTarget.PAGE.value,
    "panic_key": "",
}
FIELDS_OF_KIND: Mapping[str, frozenset[str]] = {
    "grid": frozenset({"rows", "columns"}),
    "single": frozenset({"stride", "offsets", "show_invoking"}),
    "vestaboard": frozenset(
        {"stride", "offsets", "show_invoking", "vestaboard_name", "initial_prompt"}
    ),
    "trajectory": frozenset(),
    "film": frozenset({"film"}),
    "pair": frozenset(),
}
OF_EVERY_KIND = frozenset({"muted", "language", "qr_corner", "qr_target", "panic_key"})
_NEEDED = ("rows", "columns", "stride", "offsets", "vestaboard_name")


def with_offsets(values: Mapping[str, Any]) -> dict[str, Any]:
    """`offset` is the short way to say `offsets: [offset]`. Raises Invalid where both are given and
    do not agree."""
    found = {name: value for name, value in values.items() if name != "offset"}
    offset = values.get("offset")
    if offset is None:
        return found
    offsets = found.get("offsets")
    if offsets is not None and offset not in offsets:
        raise Invalid({"offset": _("`offset` and `offsets` say different things.")})
    found["offsets"] = [offset] if offsets is None else offsets
    return found


def check_installation_name(name: str) -> None:
    if not name.strip() or len(name) > 100 or "\n" in name or not is_legible(name):
        raise Invalid({"name": _("Give it a name of one line, at most 100 characters.")})


def check(values: Mapping[str, Any]) -> None:
    """Raises Invalid with everything that is wrong with a whole display."""
    kind = str(values.get("type"))
    errors: dict[str, str] = {}
    if not NAME.fullmatch(values.get("name") or ""):
        errors["name"] = _("A name is 1 to 50 letters, digits and hyphens.")
    if kind not in FIELDS_OF_KIND:
        errors["type"] = _("The type is one of %(known)s.") % {"known": ", ".join(FIELDS_OF_KIND)}
    else:
        errors |= _of_kind(kind, values)
    if errors:
        raise Invalid(errors)


def _of_kind(kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    for name in DEFAULTS:
        value = values.get(name)
        if name not in FIELDS_OF_KIND[kind] | OF_EVERY_KIND:
            if value not in (None, False, "", []):
                errors[name] = _("A %(kind)s has none.") % {"kind": kind}
        elif name in _NEEDED and value is None:
            errors[name] = _("A %(kind)s needs this.") % {"kind": kind}
        elif sentence := _wrong(name, value, values):
            errors[name] = sentence
    return errors


def _wrong(name: str, value: Any, values: Mapping[str, Any]) -> str:
    if name in ("rows", "columns"):
        fits = 1 <= value <= MAX_SIDE
        return "" if fits else _("From 1 to %(most)s.") % {"most": MAX_SIDE}
    if name == "stride":
        fits = 1 <= value <= MAX_STRIDE
        return (
            ""
            if fits
            else _("From 1 to %(most)s.") % {"most": number_format(MAX_STRIDE, force_grouping=True)}
        )
    if name == "offsets":
        return _offsets(value, values.get("stride"))
    if name in ("language", "qr_corner", "qr_target", "panic_key"):
        return _beside_work(name, value or "")
    if name == "vestaboard_name" and not BOARD.fullmatch(value or ""):
        return _("A board's name is 1 to 50 letters, digits, hyphens and underscores.")
    return ""


def _beside_work(name: str, value: str) -> str:
    if name == "language":
        return language_problem(value)
    if name == "panic_key":
        return "" if not value or is_key(value) else _(KEY_PROBLEM)
    known = QrCorner.values if name == "qr_corner" else QrTarget.values
    return "" if not value or value in known else f"One of {', '.join(known)}."


def _offsets(offsets: list[int], stride: int | None) -> str:
    if not offsets or len(offsets) != len(set(offsets)):
        return _("At least one offset, each once.")
    if stride is not None and not all(0 <= offset < stride for offset in offsets):
        return _("An offset is 0 or more, and less than the stride.")
    return ""


# Writing


def merged(display: Display, change: dict[str, Any]) -> dict[str, Any]:
    """A display's row with the change in it; of another type it keeps what that type has too."""
    given = with_offsets(change)
    kind = given.get("type", display.kind)
    kept = {"type": kind, "name": display.name}
    names = FIELDS_OF_KIND.get(kind, frozenset()) | OF_EVERY_KIND
    kept |= {name: getattr(display, name) for name in names}
    return checked(kept | given)


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row. Raises Invalid."""
    values = {**DEFAULTS, **with_offsets(given)}
    check(values)
    values = {
        name: DEFAULTS[name] if name in DEFAULTS and not value else value
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
        raise Invalid({"order": _("Name every display once.")})
    installation.arrange(order)


def taken() -> Invalid:
    return Invalid({"name": _("Another display of the installation has this name.")})
