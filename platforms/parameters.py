"""Checking what a slot sets against a model's JSON Schema (`jsonschema`), with problems in words.

A system check keeps the catalogue to the keywords that have words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.sentences import join_with_or

from .base import JSON

TYPES = ("string", "boolean", "integer", "number", "array", "object", "null")
WORDS = {
    "enum": _("%(name)s must be one of %(wanted)s."),
    "minimum": _("%(name)s must be %(wanted)s or more."),
    "maximum": _("%(name)s must be %(wanted)s or less."),
    "minLength": _("%(name)s must have at least %(wanted)s characters."),
    "maxLength": _("%(name)s must have at most %(wanted)s characters."),
    "maxItems": _("%(name)s must have at most %(wanted)s entries."),
    "pattern": _("%(name)s does not have the expected form."),
}
ANNOTATIONS = {"title", "description", "default", "examples", "$schema"}
KEYWORDS = {*WORDS, *ANNOTATIONS, "type", "properties", "additionalProperties", "items"}


def problems(schema: JSON, value: object, name: str = "parameters") -> list[str]:
    """Every way in which `value` does not fit, as sentences; an empty list if it does."""
    errors = list(_validator()(schema).iter_errors(value))
    mistyped = [list(error.path) for error in errors if error.validator == "type"]
    return [
        sentence
        for error in errors
        if error.validator == "type" or list(error.path) not in mistyped
        for sentence in _sentences(error, name)
    ]


def flaws(schema: JSON) -> list[str]:
    """Every way in which this is no JSON Schema that is understood here, as sentences."""
    return list(_flaws(schema, "parameters"))


def unknown_keywords(schema: JSON) -> set[str]:
    """Keywords in the schema, at any depth, that would be ignored here."""
    found = set(schema) - KEYWORDS
    properties = schema.get("properties")
    inner = list(properties.values()) if isinstance(properties, Mapping) else []
    for part in [*inner, schema.get("items")]:
        if isinstance(part, Mapping):
            found |= unknown_keywords(part)
    return found


@cache
def _validator() -> Any:
    """Imported at the first need: it takes a quarter of a second and 10 MB."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.validators import extend  # type: ignore[import-untyped]

    types = Draft202012Validator.TYPE_CHECKER
    # 2.0 is no integer where a provider is strict; what comes from Python may be a tuple.
    types = types.redefine(
        "integer", lambda _, one: isinstance(one, int) and one is not True and one is not False
    )
    types = types.redefine("array", lambda _, one: isinstance(one, list | tuple))
    types = types.redefine("object", lambda _, one: isinstance(one, Mapping))
    return extend(Draft202012Validator, type_checker=types)


def _sentences(error: Any, name: str) -> Iterator[str]:
    for part in error.path:
        if isinstance(part, int):
            name = gettext("%(name)s, entry %(number)d,") % {"name": name, "number": part + 1}
        else:
            name = str(part)
    wanted = error.validator_value
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        sentence = gettext("%(name)s has no %(key)s; it takes %(known)s.")
        if not known:
            sentence = gettext("%(name)s has no %(key)s; it takes none.")
        for key in error.instance:
            if key not in known:
                yield sentence % {"name": name, "key": key, "known": ", ".join(known)}
    elif error.validator == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        sentence = gettext("%(name)s must be of type %(kinds)s.")
        yield sentence % {"name": name, "kinds": join_with_or(kinds)}
    else:
        shown = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
        sentence = str(WORDS.get(error.validator, _("%(name)s is not allowed.")))
        yield sentence % {"name": name, "wanted": shown}


def _flaws(schema: object, name: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        yield f"{name} must be a JSON Schema, which is a table."
        return
    kind = schema.get("type")
    if kinds := [one for one in (kind if isinstance(kind, list) else [kind]) if one not in TYPES]:
        yield f"{name} must have a type, one of {', '.join(TYPES)}; not {kinds[0]}."
    for keyword in schema:
        if keyword not in KEYWORDS:
            yield f"{name} has “{keyword}”, which is not understood here."
        elif keyword in WORDS and not _makes_sense(keyword, schema[keyword]):
            yield f"{name} has “{keyword}” that is not usable: {schema[keyword]!r}."
    properties = schema.get("properties", {})
    for key, one in properties.items() if isinstance(properties, Mapping) else ():
        yield from _flaws(one, f"{name}.{key}")
    if "items" in schema:
        yield from _flaws(schema["items"], f"each of {name}")


def _makes_sense(keyword: str, wanted: object) -> bool:
    if keyword == "enum":
        return isinstance(wanted, list) and bool(wanted)
    if keyword == "pattern":
        try:
            return bool(re.compile(str(wanted)))
        except re.error:
            return False
    return _is_number(wanted) and not isinstance(wanted, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
