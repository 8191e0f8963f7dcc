"""What an offer may say of its parameters.

The ring editor makes fields of it, and what people set is checked with it: so it has nothing but what is
understood there (`platforms.parameters`). There are no references, which could lead anywhere, and no patterns,
which could take for ever.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from platforms import parameters

MAX_CHARACTERS = 20_000
MAX_LEVELS = 8  # of tables and lists within each other
REFUSED = frozenset({"pattern", "$schema"})


def problem_of_parameters(schema: Mapping[str, Any]) -> str:
    """What is wrong with it, as a sentence; empty where nothing is."""
    if not schema:
        return ""
    if not _is_flat(schema, MAX_LEVELS):
        return "The schema of parameters is nested too deeply."
    if len(json.dumps(schema)) > MAX_CHARACTERS:
        return f"The schema of parameters has at most {MAX_CHARACTERS:,} characters."
    found = parameters.flaws(_with_types({"type": "object", **schema}))
    return found[0] if found else ""


def _is_flat(part: object, levels: int) -> bool:
    """Whether there are no more levels within it; it is looked into no further."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return levels >= 0 and all(_is_flat(one, levels - 1) for one in inner)


def _with_types(schema: dict[str, Any]) -> dict[str, Any]:
    """A choice needs no type of its own. What is refused stays as something that is not understood."""
    found = {f"{name}!" if name in REFUSED else name: part for name, part in schema.items()}
    if isinstance(properties := found.get("properties", {}), dict):
        found["properties"] = {name: _typed(part) for name, part in properties.items()}
    else:
        found["properties!"] = properties
    if "items" in found:
        found["items"] = _typed(found["items"])
    return found


def _typed(part: object) -> object:
    if not isinstance(part, dict):
        return part
    return _with_types({"type": "string", **part} if "enum" in part else part)
