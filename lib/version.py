"""Which version of the product this is."""

from __future__ import annotations

import tomllib
from functools import cache

from django.conf import settings


@cache
def product_version() -> str:
    """As in pyproject.toml; "unknown" where that is not there."""
    try:
        project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    except (OSError, KeyError):
        return "unknown"
    return str(project["version"])
