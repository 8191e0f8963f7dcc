"""The tagger: the checkpoint it reads, the picture it sees, the sentence it says."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from platforms.local.painter.painting import picture_of
from platforms.local.protocol import Request, Unusable
from platforms.local.tagger import Tagger
from platforms.local.tagger.caption import caption, noun
from platforms.local.tagger.checkpoint import Reader
from platforms.local.tagger.look import Look, look_at

SIZE = (320, 180)


@pytest.fixture
def tagger(weights: dict[str, Path]) -> Tagger:
    return Tagger(weights["efficientnet-lite0"], weights["imagenet-labels"])


def said(tagger: Tagger, path: Path) -> str:
    text = tagger.caption(Request("local:tagger", path=str(path))).text
    assert text
    return text


def saved(image: Image.Image, folder: Path, name: str = "picture.png") -> Path:
    image.save(folder / name)
    return folder / name


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def test_a_checkpoint_that_wants_to_run_something_is_not_read() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no business"):
        Reader(io.BytesIO(pickle.dumps(Evil()))).load()


def test_a_picture_always_gets_the_same_sentence(tagger: Tagger, tmp_path: Path) -> None:
    path = saved(Image.fromarray(picture_of("a fox", size=SIZE)), tmp_path)

    assert said(tagger, path) == said(tagger, path)


def test_thirty_pictures_get_at_least_twenty_seven_sentences(
    tagger: Tagger, tmp_path: Path
) -> None:
    texts = {
        said(tagger, saved(Image.fromarray(picture_of(f"thing number {i}", size=SIZE)), tmp_path))
        for i in range(30)
    }

    assert len(texts) >= 27


def test_it_knows_what_it_has_learned(tagger: Tagger) -> None:
    image = Image.new("RGB", (400, 400), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 60, 340, 340), fill="#f2f2ee", outline="black", width=10)
    for hour in range(12):
        pen.text((200, 200), str(hour))
    pen.line((200, 200, 200, 90), fill="black", width=12)
    pen.line((200, 200, 280, 230), fill="black", width=12)

    names = [name for name, _ in tagger.tags(image)]

    assert "clock" in " ".join(names)


@pytest.mark.parametrize(
    ("mode", "size", "suffix"),
    [
        ("RGBA", (30, 400), "png"),
        ("L", (1, 1), "png"),
        ("P", (64, 64), "gif"),
        ("CMYK", (90, 60), "jpg"),
        ("I;16", (50, 50), "png"),
        ("RGB", (2000, 100), "webp"),
    ],
)
def test_it_looks_at_any_picture(
    tagger: Tagger, tmp_path: Path, mode: str, size: tuple[int, int], suffix: str
) -> None:
    path = saved(Image.new(mode, size), tmp_path, f"picture.{suffix}")

    assert said(tagger, path).endswith(".")


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\nrest"])
def test_what_is_no_picture_is_refused(tagger: Tagger, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(Unusable):
        said(tagger, path)


def test_colours_light_and_dark_are_where_they_are() -> None:
    image = Image.new("RGB", (300, 300), (18, 28, 72))
    ImageDraw.Draw(image).rectangle((200, 200, 299, 299), fill=(226, 52, 40))

    look = look_at(image)

    assert look.colours == ("navy", "scarlet")
    assert look.light == "at the lower right"
    assert look.brightness < 0.3
    assert look.texture < 0.3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kite (bird of prey)", "a kite"),
        ("umbrella", "an umbrella"),
        ("European garden spider", "a European garden spider"),
        ("hourglass", "an hourglass"),
        ("binoculars", "binoculars"),
        ("CRT monitor", "a CRT monitor"),
        ("bus", "a bus"),
    ],
)
def test_a_tag_gets_its_article(name: str, expected: str) -> None:
    assert noun(name) == expected


def test_every_wording_is_well_formed() -> None:
    look = Look(("teal", "gold"), "on the left", "on the right", 0.5, 0.5, 0.2)
    tags = [("fox", 0.2), ("owl", 0.1), ("jay", 0.05), ("bus", 0.02), ("hat", 0.01)]

    for seed in range(300):
        text = caption(tags, look, seed)

        assert text[0].isupper()
        assert text.endswith(".")
        assert "{" not in text
        assert 20 < len(text) < 250
