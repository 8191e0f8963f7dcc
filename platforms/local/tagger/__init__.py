"""The tagger: what a picture shows, in one sentence."""

from __future__ import annotations

from .tagging import Tagger

__all__ = ["Tagger"]
