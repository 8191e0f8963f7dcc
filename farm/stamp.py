"""That workers or their offers have changed; where no worker was ever enrolled, nobody asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lib.change_stamp import ChangeStamp
from realtime.cursors import Cursor
from realtime.models import Topic

from .events import FARM

stamp = ChangeStamp("farm.changed")
_followed: Cursor | None = None


def follow(at: datetime) -> Sequence[int]:
    """Announces here what another machine has changed, or a machine before this one: each change is an event of
    the farm's topic. One query; nothing is ever due for it."""
    global _followed
    topic = Topic.objects.filter(name=FARM).first()
    current = topic.position if topic and topic.last_seq else None
    if current and (stamp.read() is None or _followed not in (None, current)):
        stamp.path.touch()
    _followed = current
    return ()
