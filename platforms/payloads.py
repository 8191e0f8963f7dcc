"""Media and text in the shapes that vendors' JSON gives and takes: addresses, data URIs, lists.

Pure functions; the models' providers disagree about all of this, and change their minds.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from lib.validation import is_blank

from . import sentences
from .base import MediaFile, Modality, Output
from .errors import Refused, Unavailable, Unusable
from .model_text import clean_text

INLINE_LIMIT = 8_000_000  # bytes of media sent inside a request when nobody can fetch it
SILENCE = "(silence)"  # the transcription of a sound in which nobody speaks
USUAL_FIELDS = (
    "output",
    "url",
    "image",
    "images",
    "audio",
    "wav",
    "video",
    "text",
    "transcription",
)


def data_uri(media: MediaFile) -> str:
    """The file's content as an address of itself. Reads the file: not for the event loop."""
    size = media.path.stat().st_size
    if size > INLINE_LIMIT:
        words = {"megabytes": f"{size / 1e6:.0f}"}
        raise Refused(sentences.INPUT_TOO_LARGE_TO_SEND_ALONG % words)
    content = base64.b64encode(media.path.read_bytes()).decode()
    return f"data:{media.content_type};base64,{content}"


def read_output(
    value: object, modality: Modality, *, field: str = "", strip: str = "", pattern: str = ""
) -> Output:
    """The output in a provider's answer, whatever it is wrapped in; of a text, what the first
    group of `pattern` finds, where it finds something.

    Raises Unavailable where nothing in it could be of that modality.
    """
    if isinstance(value, dict):
        names = [field] if field else [name for name in USUAL_FIELDS if value.get(name)]
        value = value.get(names[0]) if names else None
    if modality is Modality.TEXT:
        return Output(text=_text(value, strip, pattern))
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url")
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return Output(url=value)
    if isinstance(value, str) and value.startswith("data:"):
        return _inline_output(value)
    raise Unusable(sentences.NO_OUTPUT % {"modality": modality})


def _text(value: object, strip: str, pattern: str) -> str:
    """Language models answer in a list of pieces, captioners in one string."""
    pieces = value if isinstance(value, list) else [value]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    if pattern and (found := re.search(pattern, text, re.DOTALL)):
        text = found[1]
    text = clean_text(text, strip)
    if not text:
        raise Unusable(sentences.NO_TEXT)
    return text


def read_transcription(
    value: object, *, field: str = "", strip: str = "", pattern: str = ""
) -> Output:
    """What was said in a sound. That nothing was said is an answer, too."""
    try:
        return read_output(value, Modality.TEXT, field=field, strip=strip, pattern=pattern)
    except Unavailable:
        if _is_blank(value):
            return Output(text=SILENCE)
        raise


def _is_blank(value: object) -> bool:
    """Whether a transcription is there, and has no words in it."""
    if isinstance(value, dict):
        texts = [value[name] for name in ("text", "transcription", "output") if name in value]
        return bool(texts) and all(_is_blank(text) for text in texts)
    if isinstance(value, list):
        return all(_is_blank(one) for one in value)
    return isinstance(value, str) and is_blank(value)


def _inline_output(uri: str) -> Output:
    head, _, content = uri[len("data:") :].partition(",")
    content_type, *options = head.split(";")
    try:
        if "base64" in options:
            data = base64.b64decode(content, validate=True)
        else:
            data = unquote_to_bytes(content)
    except (binascii.Error, ValueError) as error:
        raise Unusable(sentences.MEDIA_UNREADABLE) from error
    if not data:
        raise Unusable(sentences.MEDIA_EMPTY)
    return Output(data=data, content_type=content_type)


def find(value: object, *path: str | int) -> object:
    """What lies at `path` in a provider's JSON; None where the shape is another."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def inline_output(content: object, content_type: str) -> Output:
    """An output from base64, as vendors put media into JSON. Raises Unavailable."""
    return _inline_output(
        f"data:{content_type};base64,{content if isinstance(content, str) else ''}"
    )
