"""A check of pictures, for PICTURE_CHECK, that has nothing against any."""

from __future__ import annotations


def allow_all(_: object) -> str:
    return ""
