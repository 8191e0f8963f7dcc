from __future__ import annotations

from .broadcast import Broadcast
from .plays import RunPlays
from .quarantine import QuarantinedItem
from .target import StreamTarget
from .viewers import StreamViewers

__all__ = ["Broadcast", "QuarantinedItem", "RunPlays", "StreamTarget", "StreamViewers"]
