"""Hashed static files, small ones, whose ES modules import each other by their hashed names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile, File
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# A string is left as it is; a comment, with the space around it, and the start of a line are not needed.
STRING_OR_SPACE = re.compile(
    r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\s*/\*.*?\*/\s*|\s*\n\s*""", re.DOTALL
)
OWN_FOLDERS = ("css/", "js/")  # of `static/`; rjsmin breaks htmx, which comes with a small copy


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # Off by default in Django 5.2: without it, `import "./cursor.js"` would miss the hashed file.
    support_js_module_import_aggregation = True

    def _save(self, name: str, content: File[bytes]) -> str:
        """Our own scripts and styles are collected without comments and indentation."""
        if name.startswith(OWN_FOLDERS) and name.endswith((".css", ".js")):
            text = b"".join(content.chunks()).decode()  # from its start, wherever it was read to
            content = ContentFile(minify(name, text).encode())
        saved: str = super()._save(name, content)
        return saved

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        wanted = {name: path for name, path in paths.items() if _is_served(name)}
        yield from super().post_process(wanted, dry_run, **options)


def minify(name: str, text: str) -> str:
    """A script or a style sheet, by the ending of `name`, that means the same and is shorter.

    Styles lose comments and indentation only: minifiers of whole style sheets were tried, and one
    took the space out of `.list :is(a, b)` within a layer, where it means something.
    """
    if name.endswith(".css"):
        return STRING_OR_SPACE.sub(lambda found: found[1] or "\n", text).strip()
    shorter: str = jsmin(text)
    return shorter


def _is_served(name: str) -> bool:
    """Not htmx's extensions (they name, in a comment, a file that is not shipped), nor the second
    documentation reader and the source maps of the first: half a minute of compressing."""
    return not (
        name.startswith(("django_htmx/ext/", "ninja/redoc"))
        or (name.startswith("ninja/") and name.endswith(".map"))
    )
