"""The tagger with its real weights: the picture it sees, the sentence it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from local_models.painter.painting import picture_of
from local_models.protocol import HostRequest, UnusableInput
from local_models.tagger.tagging import Tagger

SIZE = (320, 180)
PHOTOGRAPH = Path(__file__).with_name("cat.jpg")  # by Stéfan van der Walt, CC0, as in scikit-image
CATS = ("tabby cat", "Egyptian Mau", "a cat having a striped coat")


@pytest.fixture
def tagger(weights: dict[str, Path]) -> Tagger:
    return Tagger(weights["efficientnet-lite0"], weights["imagenet-labels"])


def said(tagger: Tagger, path: Path) -> str:
    text = tagger.caption(HostRequest("local:tagger", path=str(path))).text
    assert text
    return text


def saved(image: Image.Image, folder: Path, name: str = "picture.png") -> Path:
    image.save(folder / name)
    return folder / name


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


@pytest.mark.parametrize("seed", range(5))
def test_a_photograph_of_a_cat_is_called_a_cat(tagger: Tagger, tmp_path: Path, seed: int) -> None:
    with Image.open(PHOTOGRAPH) as photograph:
        margin = 2 * seed  # another picture and so another wording each time
        image = photograph.crop((margin, margin, photograph.width, photograph.height))

    assert tagger.tags(image)[0].name in CATS
    assert any(cat in said(tagger, saved(image, tmp_path)) for cat in CATS)


def test_it_knows_what_it_has_learned(tagger: Tagger) -> None:
    image = Image.new("RGB", (400, 400), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((60, 60, 340, 340), fill="#f2f2ee", outline="black", width=10)
    for hour in range(12):
        pen.text((200, 200), str(hour))
    pen.line((200, 200, 200, 90), fill="black", width=12)
    pen.line((200, 200, 280, 230), fill="black", width=12)

    names = [tag.name for tag in tagger.tags(image)]

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

    with pytest.raises(UnusableInput):
        said(tagger, path)
