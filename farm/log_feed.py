"""What the page of a log follows: that there is more, and that the attempt has ended. It asks for the lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from invocations.models import Invocation
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, Denied, Feed, Frame, Scope
from realtime.models import Event

from . import work_logs
from .events import FARM, WorkLogContinued, log_key
from .feeds import check_admin

HTML = Mapping[str, str]


class WorkLogFeed(Feed):
    """`/ws/farm/logs/<step>/`: the newest log of a step, for admins."""

    def __init__(self, step: Invocation) -> None:
        self.step = step
        self.key = f"farm-log:{step.public_id}"
        self.topics = (step.network.topic, FARM)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        check_admin(scope)
        step = scope["url_route"]["kwargs"]["step"]
        found = Invocation.objects.select_related("network").filter(public_id=step)
        first = await database_sync_to_async(found.first)()
        if first is None:
            raise Denied(NOT_FOUND)
        return cls(first)

    def snapshot(self) -> HTML:
        logs = work_logs.logs_of_step(self.step)
        return {"log-state": render_to_string("farm/_log_state.html", {"logs": logs})}

    def render(self, event: Event) -> Frame | None:
        mine = event.data.get("invocation") == self.step.public_id
        return Frame(html=self.snapshot()) if mine else None

    def render_progress(self, progress: Progress) -> HTML:
        if progress.type != WorkLogContinued.type:
            return {}
        logs = work_logs.logs_of_step(self.step)
        mine = {log_key(one.attempt.token) for one in logs}
        if progress.data.get("attempt") not in mine:
            return {}
        return {"log-state": render_to_string("farm/_log_state.html", {"logs": logs})}
