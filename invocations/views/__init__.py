"""The control room, the history, the models, and mission control."""

from __future__ import annotations
