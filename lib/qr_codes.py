"""Whole URLs as other devices reach them, and their QR codes."""

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
class PublicUrl:
    """A whole URL. `is_local`: it leads to this machine alone, so no phone can follow it."""

    url: str

    @classmethod
    def for_path(cls, request: HttpRequest, path: str) -> PublicUrl:
        if settings.PUBLIC_URL:
            return cls(f"{settings.PUBLIC_URL.rstrip('/')}{path}")
        return cls(request.build_absolute_uri(path))

    @property
    def is_local(self) -> bool:
        return urlsplit(self.url).hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def qr_svg(self) -> str:
        """As an SVG element, dark on light: some phones do not read it the other way round."""
        svg: str = segno.make(self.url, error="m", micro=False).svg_inline(**_SVG_OPTIONS)
        return mark_safe(svg)  # noqa: S308 - made of squares

    @property
    def qr_file(self) -> bytes:
        """The same as an SVG file."""
        file = io.BytesIO()
        segno.make(self.url, error="m", micro=False).save(
            file, kind="svg", xmldecl=False, **_SVG_OPTIONS
        )
        return file.getvalue()


_SVG_OPTIONS: dict[str, Any] = {
    "border": 3,
    "dark": "#0b0a0f",
    "light": "#d8b4fe",
    "omitsize": True,
    "svgclass": None,
    "lineclass": None,
}
