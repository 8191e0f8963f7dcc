"""Marking texts for translation in modules that are read while the settings are loaded."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """The text itself. Django's function of this name asks for the settings, which would be half loaded."""
    return text
