from __future__ import annotations

from pathlib import Path

from fontTools.ttLib import TTFont

from panic.management.commands import build_fonts
from studio.text_fitting import ADVANCE

PRINTED = "PANIC! Žluťoučký kůň \u2018\u201c\u2013…\u201d\u2019 € → \u00d7"


def test_the_typeface_is_built_once_with_its_licence(tmp_path: Path) -> None:
    first = build_fonts.build(tmp_path)
    again = build_fonts.build(tmp_path)

    assert sorted(path.name for path in first) == [
        "SpaceMono-Bold.woff2",
        "SpaceMono-Regular.woff2",
    ]
    assert again == []
    assert "SIL Open Font License" in (tmp_path / "OFL.txt").read_text()
    assert not list(tmp_path.glob("*.tmp"))


def test_the_typeface_is_small_and_prints_what_the_pages_print(tmp_path: Path) -> None:
    for path in build_fonts.build(tmp_path):
        with TTFont(path) as font:
            signs = font.getBestCmap()

        assert path.stat().st_size < 25_000
        assert all(ord(sign) in signs for sign in PRINTED)


def test_the_voice_is_as_wide_as_the_fitting_believes(tmp_path: Path) -> None:
    for path in build_fonts.build(tmp_path):
        with TTFont(path) as font:
            width, _ = font["hmtx"]["a"]
            assert width / font["head"].unitsPerEm <= ADVANCE
