"""Translations: what may be translated is found in templates and Python, and each language is one file.

`locale/<code>/LC_MESSAGES/django.po` holds the texts of a language; the `.mo` beside it is what Django
reads, made by `manage.py prepare`. GNU gettext is not needed: Babel does the work, and Django turns a
template into something that Babel can read.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

_KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "stored_sentence": None,
}


def catalogue_files(locale: Path) -> dict[str, Path]:
    """The file of each language in this folder, by Django's code for the language (`pt-br`)."""
    found = sorted(locale.glob("*/LC_MESSAGES/django.po"))
    return {path.parent.parent.name.lower().replace("_", "-"): path for path in found}


def read_catalogue(path: Path) -> Catalog:
    """Raises `babel.messages.pofile.PoFileError` where the file makes no sense."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


# Compiling


def compile_catalogues(locale: Path) -> list[Path]:
    """Write the `.mo` of each `.po` that is newer than it; the files that were written.

    A folder that must not be written to, as of an installed package, came with its own."""
    written = []
    for source in catalogue_files(locale).values():
        compiled = source.with_suffix(".mo")
        if compiled.exists() and (
            compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns
            or not os.access(compiled.parent, os.W_OK)
        ):
            continue
        buffer = io.BytesIO()
        write_mo(buffer, read_catalogue(source))
        _replace(compiled, buffer.getvalue())
        written.append(compiled)
    return written


def _replace(path: Path, content: bytes) -> None:
    """In one step: another process may be reading it, or doing the same."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


# Extracting


def extract_messages(root: Path) -> Catalog:
    """Every text of the checkout in `root` that is marked for translation."""
    catalogue = Catalog(charset="utf-8")
    for path in _sources(root):
        source = path.relative_to(root).as_posix()
        for _, text, comments, context in _messages_of(path):
            catalogue.add(
                text, locations=[(source, 0)], auto_comments=comments, context=context or None
            )
    return catalogue


def _sources(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in (root / "templates").rglob("*.*") if path.is_file())
    for package in _packages(root):
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _packages(root: Path) -> list[str]:
    """Our own apps, what has no domain, and the operations, whose sentences `films` shows."""
    from django.conf import settings

    return [*(app for app in settings.INSTALLED_APPS if (root / app).is_dir()), "lib", "operations"]


def _messages_of(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    content = path.read_text()
    if path.suffix != ".py":
        from django.utils.translation.template import templatize

        # In brackets indentation means nothing, so that any template reads as one expression.
        content = f"({templatize(content, origin=str(path))}\n)"
    found = extract(
        "python", io.BytesIO(content.encode()), keywords=_KEYWORDS, comment_tags=["Translators:"]
    )
    return iter(found)


# Updating


def update_catalogue(path: Path, template: Catalog, also: Mapping[object, Message]) -> int:
    """Bring the file of one language up to date with what is marked: new texts without a
    translation, those that are gone removed. `also`: translations, by `key_of`, for the texts that
    have none here. Returns how many lack one."""
    catalogue = read_catalogue(path)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    for message in catalogue:
        other = also.get(key_of(message))
        if not is_translated(message) and other is not None and is_translated(other):
            message.string = other.string
            message.flags.discard("fuzzy")
    buffer = io.BytesIO()
    write_po(
        buffer, catalogue, width=100, ignore_obsolete=True, sort_by_file=True, include_lineno=False
    )
    _replace(path, buffer.getvalue())
    return sum(1 for message in catalogue if message.id and not is_translated(message))


def key_of(message: Message) -> object:
    return message.id, message.context


def is_translated(message: Message) -> bool:
    """Whether it has all its forms, and nobody doubts them."""
    forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
    return all(forms) and not message.fuzzy
