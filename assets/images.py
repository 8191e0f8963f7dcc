"""Images: decoded from the first byte to the last frame, with smaller WebP copies for the wall."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageCms, ImageSequence

from . import metadata, sentences
from .errors import AssetError, DamagedMedia, TooLarge
from .kinds import LIMITS, MEGA, Copy, Examined, MediaKind, Probe

logger = logging.getLogger(__name__)
NewFile = Callable[[], Path]

LIMIT = LIMITS[MediaKind.IMAGE]
# Pillow only warns between once and twice its own limit; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = LIMIT.pixels

# What every browser shows is kept as it came; the rest is turned into PNG.
BROWSER_IMAGES = {
    "PNG": ("image/png", "png"),
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
    "AVIF": ("image/avif", "avif"),
}
CONVERTED_FORMATS = ("BMP", "TIFF")
_OPENED = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", *CONVERTED_FORMATS)  # MPO comes out of a JPEG

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by the orientation in EXIF

# Heights only keep a very tall image within what WebP can hold.
BOXES = {"tile": (960, 2_160), "screen": (3_840, 3_840)}


def examine(path: Path, new_file: NewFile) -> Examined:
    """Prove that the image decodes and make its renditions.

    Raises DamagedMedia or TooLarge. An animated image has no renditions: it is shown as it is.
    """
    image, image_format, frames = _decode(path)
    content_type, extension = BROWSER_IMAGES.get(image_format, BROWSER_IMAGES["PNG"])
    orientation = _orientation_of(image)
    upright = _upright(image, orientation)
    width, height = upright.size
    bare = None
    if image_format not in CONVERTED_FORMATS:
        bare = _without_metadata(path, image, image_format, orientation, new_file)
    if bare is None:
        image_format, frames = "PNG", 1
        content_type, extension = BROWSER_IMAGES[image_format]
        bare = new_file()
        with bare.open("xb") as stream:
            _bare(upright).save(stream, "PNG")
    path = bare
    moves = frames > 1 and image_format in BROWSER_IMAGES  # a TIFF has pages instead
    copies = {} if moves else _renditions(upright, new_file)
    probe = Probe(MediaKind.IMAGE, content_type, extension, width, height)
    return Examined(path, probe, copies)


def _decode(path: Path) -> tuple[Image.Image, str, int]:
    """The first frame, decoded, after every other frame was decoded too."""
    try:
        # Only PNG has checksums that decoding passes over; `verify` reads them, and spends the image.
        with _opened(path) as image:
            image.verify()
        with _opened(path) as image:
            image_format = image.format or ""
            frames = _decode_all(image) if image_format != "MPO" else 1
            image.seek(0)
            image.load()
            return image.copy(), image_format, frames
    except AssetError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except MemoryError:
        raise
    except Exception as error:  # whatever a decoder makes of bytes that a stranger chose
        logger.info("image %s does not decode: %r", path.name, error)
        raise DamagedMedia(sentences.DAMAGED % {"noun": "image"}) from error


def _opened(path: Path) -> Image.Image:
    image = Image.open(path, formats=_OPENED)
    if image.width * image.height > LIMIT.pixels:
        image.close()
        raise _too_many_pixels()
    return image


def _decode_all(image: Image.Image) -> int:
    frames = 0
    for frame in ImageSequence.Iterator(image):
        frames += 1
        if frames * image.width * image.height > LIMIT.decoded_pixels:
            raise TooLarge(sentences.ANIMATION_TOO_LONG)
        frame.load()
    return frames


def _too_many_pixels() -> TooLarge:
    return TooLarge(sentences.IMAGE_TOO_LARGE % {"megapixels": LIMIT.pixels // MEGA})


def _orientation_of(image: Image.Image) -> int:
    """1 to 8, as EXIF says; 1 = as it is, also where its EXIF is damaged."""
    try:
        found = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # whatever Pillow makes of bytes that a stranger chose
        return 1
    return found if found in TURNS else 1


def _without_metadata(
    path: Path, image: Image.Image, image_format: str, orientation: int, new_file: NewFile
) -> Path | None:
    """The file to publish; None where it has to be made anew."""
    data = path.read_bytes()
    secrets = [image.info.get("exif"), image.info.get("xmp")]
    found = [
        one.removeprefix(b"Exif\0\0") for one in secrets if isinstance(one, bytes) and len(one) > 6
    ]
    bare = metadata.without_metadata(data, image_format, orientation, found)
    if bare == data:
        return path
    path = new_file()
    path.write_bytes(bare)
    try:
        _decode(path)  # what is published has been decoded
    except DamagedMedia:
        return None
    return path


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """As it is meant to be seen: turned as its camera says, in the colours of screens."""
    profile = image.info.get("icc_profile")
    if (turn := TURNS[orientation]) is not None:
        image = image.transpose(turn)
    if image.mode.startswith("I"):  # 16 bits of grey: keep the upper eight
        return image.convert("I").point(lambda value: value / 256).convert("L")
    opaque = image.mode in {"1", "L", "RGB", "CMYK", "YCbCr", "LAB", "HSV", "F"}
    target = "RGB" if opaque and "transparency" not in image.info else "RGBA"
    if profile and image.mode in {"RGB", "RGBA", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError):
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=target,
            )
            return converted or image
    return image if image.mode == target else image.convert(target)


def as_poster(frame: Image.Image, path: Path) -> Copy:
    """The still that stands for a video until it plays, as large as a tile."""
    frame = frame.convert("RGB")
    frame.thumbnail(BOXES["tile"], Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _as_webp(frame, path)


def as_drawing(image: Image.Image, path: Path) -> Copy:
    """A drawing of our own, as large as it is: without loss, which is quicker and hardly larger for flat colours."""
    with path.open("xb") as stream:
        image.save(stream, "WEBP", lossless=True, quality=0, method=0)
    return Copy(path, image.width, image.height)


def _renditions(image: Image.Image, new_file: NewFile) -> dict[str, Copy]:
    """Never larger than the image, which shrinks on the way.

    One that fits a tile needs no copy for the screen.
    """
    tile_is_enough = image.width <= BOXES["tile"][0] and image.height <= BOXES["tile"][1]
    sizes = ["tile"] if tile_is_enough else ["screen", "tile"]
    copies = {}
    for size in sizes:
        # Each starts from the one before: the tile of a huge image costs next to nothing.
        image.thumbnail(BOXES[size], Image.Resampling.LANCZOS, reducing_gap=2.0)
        copies[size] = _as_webp(image, new_file())
    return copies


def _bare(image: Image.Image) -> Image.Image:
    """A fresh image: none of the original's metadata can follow it."""
    return Image.frombytes(image.mode, image.size, image.tobytes())


def _as_webp(image: Image.Image, path: Path) -> Copy:
    with path.open("xb") as stream:
        _bare(image).save(stream, "WEBP", quality=82, method=2)
    return Copy(path, image.width, image.height)
