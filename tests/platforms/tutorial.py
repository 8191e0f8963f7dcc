"""The platform that docs/platforms.md builds, put where platforms are found: a plug-in for pytest.

`pytest -p tests.platforms.tutorial` runs anything with it; ACME_FOLDER is where its file goes, and
ACME_BASE_URL who answers in its place.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from platforms import adapters

PAGE = Path(__file__).resolve().parents[2] / "docs" / "platforms.md"


def source() -> str:
    """The one program in the document, to the letter."""
    (found,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    return str(found)


def put_in_place(folder: Path) -> None:
    """As `platforms/adapters/acme.py`, though in a folder of its own."""
    (folder / "acme.py").write_text(source())
    adapters.__path__.append(str(folder))


def pytest_configure() -> None:
    from django.conf import settings

    settings.PLATFORM_KEYS["ACME_API_KEY"] = ""
    settings.PLATFORM_URLS["ACME_BASE_URL"] = os.environ.get("ACME_BASE_URL", "")


if "ACME_FOLDER" in os.environ:  # a plug-in is loaded before Django looks for adapters
    put_in_place(Path(os.environ["ACME_FOLDER"]))
