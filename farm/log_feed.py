"""What the page of a log follows: that there is more, and that the attempt has ended. It asks for the lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from channels.db import database_sync_to_async
from django.template.loader import render_to_string

from invocations.models import Invocation
from networks.models import Person
from realtime.events import Progress
from realtime.feeds import NOT_FOUND, Denied, Feed, Frame, Scope
from realtime.models import Event

from . import work_logs
from .events import FARM, WorkLogContinued, log_key
from .models import Assignment

HTML = Mapping[str, str]


class WorkLogFeed(Feed):
    """`/ws/farm/logs/<step>/`: the newest log of a step, for those who control its network."""

    def __init__(self, step: Invocation, *, is_admin: bool) -> None:
        self.step = step
        self.is_admin = is_admin
        self.key = f"farm-log:{step.public_id}:{'admin' if is_admin else 'control'}"
        self.topics = (step.network.topic, FARM)

    @classmethod
    async def open(cls, scope: Scope) -> Self:
        person = scope["user"]
        name = scope["url_route"]["kwargs"]["step"]
        step = await database_sync_to_async(_controlled_step)(name, person)
        if step is None:
            raise Denied(NOT_FOUND)
        return cls(step, is_admin=getattr(person, "is_admin", False))

    def snapshot(self) -> HTML:
        logs = self._logs()
        return {"log-state": render_to_string("farm/_log_state.html", {"logs": logs})}

    def render(self, event: Event) -> Frame | None:
        mine = event.data.get("invocation") == self.step.public_id
        return Frame(html=self.snapshot()) if mine else None

    def render_progress(self, progress: Progress) -> HTML:
        if progress.type != WorkLogContinued.type:
            return {}
        logs = self._logs()
        mine = {log_key(one.attempt.token) for one in logs}
        if progress.data.get("attempt") not in mine:
            return {}
        return {"log-state": render_to_string("farm/_log_state.html", {"logs": logs})}

    def _logs(self) -> list[Assignment]:
        return work_logs.logs_of_step(self.step, whole_batches=self.is_admin)


def _controlled_step(public_id: str, person: Person) -> Invocation | None:
    seen = Invocation.objects.visible_to(person).select_related("network__owner")
    step = seen.filter(public_id=public_id).first()
    return step if step and step.network.may_control(person) else None
