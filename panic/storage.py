"""Hashed static files whose ES modules import each other by their hashed names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    # Off by default in Django 5.2: without it, `import "./cursor.js"` would miss the hashed file.
    support_js_module_import_aggregation = True

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        wanted = {name: path for name, path in paths.items() if _is_served(name)}
        yield from super().post_process(wanted, dry_run, **options)


def _is_served(name: str) -> bool:
    """Not htmx's extensions (they name, in a comment, a file that is not shipped), nor the second
    documentation reader and the source maps of the first: half a minute of compressing."""
    return not (
        name.startswith(("django_htmx/ext/", "ninja/redoc"))
        or (name.startswith("ninja/") and name.endswith(".map"))
    )
