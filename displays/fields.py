"""What may be set on a display: one sentence for every field that may not be as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from networks.fields import Invalid, is_legible

SIDE_MOST = 12
STRIDE_MOST = 1_000
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
    "initial_prompt": False,
}
OF_KIND: Mapping[str, frozenset[str]] = {
    "grid": frozenset({"rows", "columns"}),
    "single": frozenset({"stride", "offsets", "show_invoking"}),
    "vestaboard": frozenset(
        {"stride", "offsets", "show_invoking", "vestaboard_name", "initial_prompt"}
    ),
}
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
        raise Invalid({"offset": "`offset` and `offsets` say different things."})
    found["offsets"] = [offset] if offsets is None else offsets
    return found


def check_installation_name(name: str) -> None:
    if not name.strip() or len(name) > 100 or "\n" in name or not is_legible(name):
        raise Invalid({"name": "Give it a name of one line, at most 100 characters."})


def check(values: Mapping[str, Any]) -> None:
    """Raises Invalid with everything that is wrong with a whole display."""
    kind = str(values.get("type"))
    errors: dict[str, str] = {}
    if not NAME.fullmatch(values.get("name") or ""):
        errors["name"] = "A name is 1 to 50 letters, digits and hyphens."
    if kind not in OF_KIND:
        errors["type"] = f"The type is one of {', '.join(OF_KIND)}."
    else:
        errors |= _of_kind(kind, values)
    if errors:
        raise Invalid(errors)


def _of_kind(kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    errors = {}
    for name in DEFAULTS:
        value = values.get(name)
        if name not in OF_KIND[kind] and name != "muted":
            if value not in (None, False, "", []):
                errors[name] = f"A {kind} has none."
        elif name in _NEEDED and value is None:
            errors[name] = f"A {kind} needs this."
        elif sentence := _wrong(name, value, values):
            errors[name] = sentence
    return errors


def _wrong(name: str, value: Any, values: Mapping[str, Any]) -> str:
    if name in ("rows", "columns"):
        fits = 1 <= value <= SIDE_MOST
        return "" if fits else f"From 1 to {SIDE_MOST}."
    if name == "stride":
        fits = 1 <= value <= STRIDE_MOST
        return "" if fits else f"From 1 to {STRIDE_MOST:,}."
    if name == "offsets":
        return _offsets(value, values.get("stride"))
    if name == "vestaboard_name" and not BOARD.fullmatch(value or ""):
        return "A board's name is 1 to 50 letters, digits, hyphens and underscores."
    return ""


def _offsets(offsets: list[int], stride: int | None) -> str:
    if not offsets or len(offsets) != len(set(offsets)):
        return "At least one offset, each once."
    if stride is not None and not all(0 <= offset < stride for offset in offsets):
        return "An offset is 0 or more, and less than the stride."
    return ""
