"""The typeface of the pages: Space Mono (SIL Open Font License), cut down to what the pages print."""

from __future__ import annotations

import logging
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from fontTools import subset

FACES = ("SpaceMono-Regular", "SpaceMono-Bold")
# Latin, Latin-1, Latin Extended-A, general punctuation, currency signs, arrows and the commonest
# mathematical signs. Whatever else a model writes is drawn by the system's own monospaced font.
RANGES = (
    (0x20, 0x17F),
    (0x2000, 0x206F),
    (0x20A0, 0x20BF),
    (0x2190, 0x2199),
    (0x2212, 0x2265),
)


def build(folder: Path) -> list[Path]:
    """Write the faces as WOFF2 into `folder`, skipping what is there; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    targets = {face: folder / f"{face}.woff2" for face in FACES}
    missing = {face: target for face, target in targets.items() if not target.exists()}
    for face, target in missing.items():
        _compress(face, target)
    licence = folder / "OFL.txt"
    if not licence.exists():
        licence.write_bytes((files("fontpkg_space_mono") / "LICENSE").read_bytes())
    return list(missing.values())


def _compress(face: str, target: Path) -> None:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else a page for every glyph table
    options = subset.Options(flavor="woff2", notdef_outline=True)
    source = files("fontpkg_space_mono") / "files" / f"{face}.ttf"
    with subset.load_font(str(source), options) as font:
        cut = subset.Subsetter(options)
        cut.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
        cut.subset(font)
        # Published whole: a reader never meets half a font.
        half = target.with_suffix(f".{os.getpid()}.tmp")
        subset.save_font(font, str(half), options)
    half.replace(target)


class Command(BaseCommand):
    help = "Cut the typeface down to what the pages print and compress it; safe to repeat."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        written = build(settings.DATA_DIR / "fonts")
        names = ", ".join(path.name for path in written)
        self.stdout.write(f"Built {names}." if written else "The fonts are there already.")
