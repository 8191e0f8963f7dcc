"""A text as the picture that its tile shows: the thumbnail of a display, which pages cannot photograph."""

from __future__ import annotations

import re

from django.template.loader import render_to_string

from . import text_fitting
from .text_fitting import HEIGHT, LINE_HEIGHT, SIZES

CONTENT_TYPE = "image/svg+xml"
TOP = (56.25 - HEIGHT) / 2  # of the picture, which is 100 wide
BASELINE = 0.95  # of the size, below the top of a row
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def picture_of_text(text: str) -> str:
    """An SVG of 16:9 with the text in the place and at the size that it has on a tile."""
    fitted = text_fitting.fit(_NOT_XML.sub("", text))
    size = SIZES[fitted.step - 1]
    rows = text_fitting.rows(fitted)
    top = TOP + max(0.0, HEIGHT - len(rows) * size * LINE_HEIGHT) / 2
    places = [round(top + size * (at * LINE_HEIGHT + BASELINE), 2) for at in range(len(rows))]
    context = {"title": fitted.text, "size": size, "rows": list(zip(places, rows, strict=True))}
    return render_to_string("studio/text_picture.svg", context)
