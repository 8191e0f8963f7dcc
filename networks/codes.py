"""Addresses as other devices reach them, and as codes that a phone can read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import mark_safe


@dataclass(frozen=True, slots=True)
class Address:
    """A whole address. `here`: it leads to this machine alone, so no phone can follow it."""

    url: str

    @classmethod
    def of(cls, request: HttpRequest, path: str) -> Address:
        if settings.PUBLIC_URL:
            return cls(f"{settings.PUBLIC_URL.rstrip('/')}{path}")
        return cls(request.build_absolute_uri(path))

    @property
    def here(self) -> bool:
        return urlsplit(self.url).hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def code(self) -> str:
        """As an SVG element, dark on light: some phones do not read it the other way round."""
        drawn: str = segno.make(self.url, error="m", micro=False).svg_inline(**_LOOK)
        return mark_safe(drawn)  # noqa: S308 - made of squares

    @property
    def picture(self) -> bytes:
        """The same as an SVG file."""
        file = io.BytesIO()
        segno.make(self.url, error="m", micro=False).save(file, kind="svg", xmldecl=False, **_LOOK)
        return file.getvalue()


_LOOK: dict[str, Any] = {
    "border": 3,
    "dark": "#0b0a0f",
    "light": "#d8b4fe",
    "omitsize": True,
    "svgclass": None,
    "lineclass": None,
}
