"""Parts of sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext


def quote(name: str) -> str:
    """A name in the quotation marks of the language."""
    return gettext("“%(name)s”") % {"name": name}


def join_with_and(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a and b and c`; empty where there is none."""
    joined = parts[0] if parts else ""
    for part in parts[1:]:
        joined = gettext("%(first)s and %(second)s") % {"first": joined, "second": part}
    return joined


def join_with_or(parts: Sequence[str]) -> str:
    """`a`, `a or b`, `a or b or c`; empty where there is none."""
    joined = parts[0] if parts else ""
    for part in parts[1:]:
        joined = gettext("%(first)s or %(second)s") % {"first": joined, "second": part}
    return joined
