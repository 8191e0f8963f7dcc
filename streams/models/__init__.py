from __future__ import annotations

from .broadcast import Broadcast
from .plays import FilmPlays, RunPlays
from .quarantine import QuarantinedItem
from .target import StreamTarget
from .viewers import StreamViewers

__all__ = ["Broadcast", "FilmPlays", "QuarantinedItem", "RunPlays", "StreamTarget", "StreamViewers"]
