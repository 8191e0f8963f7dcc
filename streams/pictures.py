"""A step as a picture of the stream: what the wall's tile shows, for a whole screen."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from django.utils.translation import gettext

from assets.kinds import MediaKind
from films.models import Film
from invocations.models import Invocation
from lib import markdown
from networks.models import Network
from streams.encoder.protocol import Picture, PictureKind
from studio.tiles import describe_model, shorten

from .media_files import MediaFiles

MAX_CAPTION = 600  # characters
PLAY = "#"  # in a picture's key, before which time it is shown
KINDS: dict[str, PictureKind] = {
    MediaKind.IMAGE: "image",
    MediaKind.AUDIO: "audio",
    MediaKind.VIDEO: "video",
}


def key_of(step: Invocation) -> str:
    """Of a step and what it gave: it changes where the output is taken down."""
    asset = step.output_asset
    given = asset.sha256 if asset else hashlib.sha256(step.output_text.encode()).hexdigest()
    return f"{step.public_id}:{given[:20]}"


def picture_of_step(step: Invocation, network: Network, files: MediaFiles) -> Picture:
    """Raises OSError where its file cannot be had."""
    model, platform, _ = describe_model(step.model)
    number = gettext("Step %(number)d") % {"number": step.number}
    picture = Picture(
        key=key_of(step),
        kind="text",
        title=network.name,
        label=" · ".join(one for one in (number, model, platform) if one),
    )
    asset = step.output_asset
    if asset is None:
        return replace(picture, text=markdown.render_tile(step.output_text).plain)
    sounds = asset.kind in (MediaKind.AUDIO, MediaKind.VIDEO)
    return replace(
        picture,
        kind=KINDS[asset.kind],
        caption=shorten(step.input_text, MAX_CAPTION) if network.caption else "",
        path=files.picture_of(asset),
        sound=files.sound_of(asset) if sounds else "",
    )


def key_of_film(film: Film) -> str:
    return f"film:{film.public_id}"


def picture_of_film(film: Film, network: Network, files: MediaFiles, number: int) -> Picture:
    """From its beginning to its end, with its sound; of another `number` it begins again. Raises OSError where its
    file cannot be had, ValueError where there is none."""
    if film.output is None:
        raise ValueError(film.public_id)
    path = files.picture_of(film.output)
    label = gettext("Film: %(title)s") % {"title": shorten(film.title, 120)}
    key = f"{key_of_film(film)}{PLAY}{number}"
    return Picture(key, "video", title=network.name, label=label, path=path, sound=path, once=True)


def slate(network: Network, key: str, words: str) -> Picture:
    return Picture(f"slate:{key}", "slate", text=words, title=network.name)
