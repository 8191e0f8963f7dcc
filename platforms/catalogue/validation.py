"""What can be wrong with a row of the catalogue, in sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from platforms.base import Modality


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _table(value: object) -> bool:
    return isinstance(value, Mapping)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _pattern(value: object) -> bool:
    try:
        return re.compile(str(value)).groups == 1
    except re.error:
        return False


def _day(value: object) -> bool:
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    **dict.fromkeys(("turns", "title", "path", "version", "maker", "licence"), (_text, "text")),
    **dict.fromkeys(("homepage", "note", "input_field", "template"), (_text, "text")),
    **dict.fromkeys(("output_field", "strip"), (_text, "text")),
    **dict.fromkeys(
        ("seconds", "cold_seconds", "usd", "deadline_seconds"), (_number, "a number, 0 or more")
    ),
    **dict.fromkeys(("pre_wait_seconds", "post_wait_seconds"), (_number, "a number, 0 or more")),
    "pattern": (_pattern, "a regular expression with one group"),
    "wait_seconds": (_number, "a number, 0 or more"),
    "deprecated": (_flag, "true or false"),
    "hidden": (_flag, "true or false"),
    "unverified": (_day, "a day, such as 2026-11-28"),
    **dict.fromkeys(("defaults", "parameters", "prices"), (_table, "a table")),
}
NEEDED = ("turns", "title", "path")
OF_A_LORA = ("title", "weights", "trigger")
ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


def in_row(name: str, table: Mapping[str, Any], family: Mapping[str, Any]) -> list[str]:
    """Every way in which a table is no row, as sentences; an empty list if it is one."""
    return list(_in_row(name, table, family))


def in_lora(slug: str, lora: object) -> list[str]:
    """The same for a fine-tune of a family."""
    return list(_in_lora(slug, lora))


def _in_row(name: str, table: Mapping[str, Any], family: Mapping[str, Any]) -> Iterator[str]:
    yield from _misnamed(name)
    yield from (f"“{key}” is missing." for key in NEEDED if key not in table)
    yield from _misfits(table)
    if isinstance(table.get("turns"), str):
        yield from _turning(table["turns"])
    parameters = table.get("parameters")
    for key, schema in parameters.items() if isinstance(parameters, Mapping) else ():
        if not isinstance(schema, Mapping):
            yield f"The parameter “{key}” must be a JSON Schema, which is a table."
    if "loras" in family and not isinstance(family.get("lora_field"), str):
        yield "“lora_field” is missing: the request's field that the weights of “loras” go into."


def _in_lora(slug: str, lora: object) -> Iterator[str]:
    yield from _misnamed(slug)
    if not isinstance(lora, Mapping):
        yield "This must be a table."
        return
    for key in OF_A_LORA:
        if not isinstance(lora.get(key), str) or not lora[key]:
            yield f"“{key}” is missing."
    yield from _misfits({key: one for key, one in lora.items() if key not in OF_A_LORA})


def _misnamed(name: str) -> Iterator[str]:
    if not ID.fullmatch(name):
        yield "An id has small letters, digits, dots and hyphens only."


def _misfits(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if key not in KINDS:
            yield f"There is no such key as “{key}”."
        elif not KINDS[key][0](value):
            yield f"“{key}” must be {KINDS[key][1]}."


def _turning(turns: str) -> Iterator[str]:
    kinds = [str(one) for one in Modality]
    source, _, target = turns.partition(" to ")
    if source not in kinds or target not in kinds:
        yield f"“turns” must be like “text to image”, of {', '.join(kinds)}; not “{turns}”."
