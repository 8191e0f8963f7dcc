"""The event log over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router
from pydantic import BaseModel

from lib.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from lib.problems import handles, problem, refuses, register_codes
from lib.schemas import example
from lib.scopes import Scope, requires_scope
from realtime import log
from realtime.cursors import Resync
from realtime.models import Event

register_codes(resync="The cursor leads nowhere any more")
_AGAIN = _("Read how things are now, and ask without a cursor.")


@handles(Resync)
def _resync(request: HttpRequest, error: Resync) -> HttpResponse:
    return problem(410, "resync", f"{error} {_AGAIN}")


class EventOut(BaseModel):
    """A committed fact."""

    model_config = example(
        {
            "cursor": "k3:41",
            "event": "invocation.completed",
            "data": {
                "run": "r5Tz8vBn1Wc3",
                "invocation": "i3Kx6yHs0Fj2",
                "sequence": 0,
                "slot": 0,
                "state": "completed",
                "model": "local:painter",
            },
            "at": "2026-11-28T19:30:04Z",
        }
    )

    cursor: str
    event: str
    data: dict[str, Any]
    at: datetime

    @classmethod
    def from_event(cls, event: Event) -> EventOut:
        return cls(cursor=str(event.cursor), event=event.type, data=event.data, at=event.created_at)


class EventPage(BaseModel):
    items: list[EventOut]
    next: str | None


def router(check_access: Callable[[HttpRequest, str], None]) -> Router:
    """The route of the event log. `check_access` raises where the caller may not follow a topic."""
    routes = Router(tags=["events"])

    @routes.get("/events", response=EventPage)
    @requires_scope(Scope.READ)
    @refuses({404: "", 410: ""})
    def list_events(
        request: HttpRequest,
        topic: str,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1)] = DEFAULT_PAGE_SIZE,
    ) -> EventPage:
        """What happened in a topic after a cursor, oldest first; without one, all that is kept.

        `next` is null at the end; ask again after the last item for later events.
        """
        check_access(request, topic)
        size = min(limit, MAX_PAGE_SIZE)
        found = log.read_after(topic, after, size + 1)
        page = [EventOut.from_event(event) for event in found[:size]]
        return EventPage(items=page, next=page[-1].cursor if len(found) > size else None)

    return routes
