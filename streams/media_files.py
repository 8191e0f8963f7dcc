"""Files of steps for an encoder: they stay there while it shows them, wherever media are stored."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from assets import blobs
from assets.kinds import MediaKind
from assets.models import Asset
from assets.rolling import rolling_folder

MAX_KEPT = 8  # files of a channel: those on the screen, in the bed, and being made ready


class MediaFiles:
    """The folder of a channel's files. Those that were asked for longest ago are removed."""

    def __init__(self, channel: str) -> None:
        self._folder = rolling_folder() / channel / "media"
        self._recent: list[str] = []

    def picture_of(self, asset: Asset) -> str:
        """A file to be seen: an image's rendition, a film, the waveform of a sound; empty where there is
        none. Raises OSError where it cannot be had."""
        if asset.kind == MediaKind.VIDEO:
            return self._file(asset.name)
        found = asset.rendition("poster" if asset.kind == MediaKind.AUDIO else "screen")
        if found is not None:
            return self._file(found[0])
        return self._file(asset.name) if asset.kind == MediaKind.IMAGE else ""

    def sound_of(self, asset: Asset) -> str:
        return self._file(asset.name)

    def keep(self, path: str) -> str:
        """A file that was given before, where it is still there; else nothing."""
        name = Path(path).name
        if name not in self._recent:
            return ""
        self._recent = [*(one for one in self._recent if one != name), name]
        return path

    def remove_all(self) -> None:
        """Nothing is shown any more: a film that is deleted now gives its room back."""
        self._recent = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, name: str) -> str:
        short = name.replace("/", "-")
        path = self._folder / short
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{short}")
            with blobs.local_path(name) as source:
                draft.unlink(missing_ok=True)
                _link_or_copy(source, draft)
            draft.replace(path)
        self._recent = [*(one for one in self._recent if one != short), short][-MAX_KEPT:]
        self._remove_others()
        return str(path)

    def _remove_others(self) -> None:
        for path in self._folder.iterdir():
            if path.name not in self._recent:
                path.unlink(missing_ok=True)


def _link_or_copy(source: Path, target: Path) -> None:
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)
