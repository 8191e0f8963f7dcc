"""What a socket follows: the contract between the live machinery and the apps that fill it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from .models import Event
from .progress import Progress

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

    Sockets whose feeds have equal keys share one stream: each event is rendered once and encoded
    once for all of them. So nothing about the viewer may enter `snapshot` and `render`, unless it
    is part of the key. Both run in a thread of their own and may query; `render` gets events in
    order, of several feeds one after the other (share what you load through `event.notes`).
    """

    all_topics: ClassVar[bool] = False  # follow everything; every connect gets a fresh snapshot

    # Ask the sockets in anew every few seconds: who may follow can change without an event.
    asked_again: ClassVar[bool] = True

    key: str
    topics: tuple[str, ...] = ()

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

        Raises `Denied` where the event may have changed who may follow: the sockets are told of it
        without html and sent back to the door.
        """

    def redraws(self, event: Event) -> str:
        """A name for what this event has drawn anew, if that shows the present and not the event:
        of those that come at once the last one draws it. Empty = this event draws for itself."""
        return ""

    def render_progress(self, progress: Progress) -> Mapping[str, str]:
        """Elements that show how far a step has come; empty = not shown here.

        It may come late: look whether the step is still going on.
        """
        return {}
