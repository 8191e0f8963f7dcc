"""What a socket follows: the contract between `realtime` and the apps that render live pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from .events import Progress
from .models import Event

Scope = MutableMapping[str, Any]

NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
NOT_FOUND = 4404


class Denied(Exception):
    """This socket may not follow this feed. It is accepted and closed with `code`."""

    def __init__(self, code: int = NOT_SIGNED_IN) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Frame:
    """What one event means for one feed: the elements that now look different."""

    html: Mapping[str, str] = field(default_factory=dict)  # element id -> its outer HTML
    data: Mapping[str, object] | None = None  # None = the event's own


class Feed(ABC):
    """One thing to follow, for everybody who is shown the same.

    Sockets whose feeds have equal keys and languages share one stream: each event is rendered once
    and encoded once for all of them. So nothing about the viewer may enter `snapshot` and `render`,
    unless it is part of the key. Both run in a thread of their own, in the feed's language, and may
    query; `render` gets events in order, of several feeds one after the other (share what you load
    through `event.notes`, but no text in the language of one of them).
    """

    all_topics: ClassVar[bool] = False  # follow everything; every connect gets a fresh snapshot

    # Check the access of its sockets every few seconds: it can change without an event.
    revalidates_access: ClassVar[bool] = True

    accepts_status: ClassVar[bool] = False  # its clients may send how they are

    key: str
    topics: tuple[str, ...] = ()
    # Code of the language its pages are in. Empty when it is opened: that of the connection's headers
    language: str = ""

    @classmethod
    @abstractmethod
    async def open(cls, scope: Scope) -> Self:
        """The feed of this connection. `scope` has `user` and `url_route`. Raises `Denied`."""

    @abstractmethod
    def snapshot(self) -> Mapping[str, str]:
        """Everything as it is now: element id -> outer HTML."""

    @abstractmethod
    def render(self, event: Event) -> Frame | None:
        """What `event` changes; None = nothing here, and no frame is sent.

        Raises `Denied` where the event may have changed who may follow: the event is sent without
        html, and every socket is closed and must reconnect.
        """

    def redraw_key(self, event: Event) -> str:
        """A key for what this event redraws, if `render` shows the present state and not the event: of
        events with equal keys that are read together only the last is rendered. Empty = rendered."""
        return ""

    def render_progress(self, progress: Progress) -> Mapping[str, str]:
        """Elements that show how far a step has come; empty = not shown here.

        It may come late: check whether the step is still going on.
        """
        return {}

    def command(self, update: Progress) -> tuple[str, object] | None:
        """Name and value of what the clients are to do now; None = nothing. It must not query."""
        return None
