"""Checks of what people and programs send, and the exception that says what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence


class Invalid(Exception):
    """Nothing was saved: `errors` has a sentence per field, `problems` those about no single field."""

    def __init__(self, errors: Mapping[str, str], problems: Sequence[str] = ()) -> None:
        super().__init__(" ".join([*problems, *errors.values()]))
        self.errors = dict(errors)
        self.problems = list(problems)


def is_legible(text: str) -> bool:
    """No control characters but line breaks and tabs, and no halves of surrogate pairs."""
    return not any(
        unicodedata.category(char) in {"Cc", "Cs"} and char not in "\r\n\t" for char in text
    )


_INVISIBLE = {"Cf", "Mn", "Me"}  # marks that join, turn or adorn letters show nothing without one
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # fillers, which count as letters and symbols


def is_blank(text: str) -> bool:
    """Whether nothing in it can be seen: spaces, zero-width and direction marks, fillers."""
    return all(
        char.isspace() or unicodedata.category(char) in _INVISIBLE or char in _BLANKS
        for char in text
    )


def iter_texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield str(key)
            yield from iter_texts(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from iter_texts(entry)


def raise_invalid(errors: Mapping[str, str]) -> None:
    """Raises Invalid with those of the fields that have a sentence, if any has."""
    if found := {name: sentence for name, sentence in errors.items() if sentence}:
        raise Invalid(found)
