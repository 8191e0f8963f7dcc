"""Real media, made in the test: the smallest files that show the point."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def media_root(tmp_path: Path, settings: Settings) -> Path:
    """A media folder of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def everything_kept(media_root: Path) -> EverythingKept:
    return EverythingKept(media_root)


class EverythingKept:
    """What lies in the media folder, published and not."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def published(self) -> list[str]:
        return sorted(path.name for path in self.files() if ".incoming" not in path.parts)

    def temporary(self) -> list[str]:
        return [path.name for path in self.files() if ".incoming" in path.parts]

    def files(self) -> list[Path]:
        return [path for path in self._root.rglob("*") if path.is_file()]
