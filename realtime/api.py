"""The event log over HTTP, for those who would rather ask than listen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel

from . import log
from .models import Event

PAGE, PAGE_MOST = 100, 500


class EventOut(BaseModel):
    """A committed fact."""

    cursor: str
    event: str
    data: dict[str, Any]
    at: datetime

    @classmethod
    def of(cls, event: Event) -> EventOut:
        return cls(cursor=str(event.cursor), event=event.type, data=event.data, at=event.created_at)


class EventPage(BaseModel):
    items: list[EventOut]
    next: str | None


def router(check_access: Callable[[HttpRequest, str], None]) -> Router:
    """The call about events. `check_access` raises where the caller may not follow a topic."""
    routes = Router(tags=["events"])

    @routes.get("/events", response=EventPage)
    def list_events(
        request: HttpRequest,
        topic: str,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1)] = PAGE,
    ) -> EventPage:
        """What happened in a topic after a cursor, oldest first; without one, all that is kept.

        `next` is null at the end; whoever wants to hear more asks again after the last item.
        """
        check_access(request, topic)
        most = min(limit, PAGE_MOST)
        found = log.after(topic, after, most + 1)
        page = [EventOut.of(event) for event in found[:most]]
        return EventPage(items=page, next=page[-1].cursor if len(found) > most else None)

    return routes
