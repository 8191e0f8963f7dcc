"""The writers: four trades of one small language model, each giving one sentence for some words."""

from __future__ import annotations

from .writing import writer

__all__ = ["writer"]
