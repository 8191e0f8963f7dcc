"""The contract between the engine and whoever runs a model.

A platform is one file under `platforms/adapters/`: a subclass of `Platform` with rows of `Model`
and one asynchronous verb, `invoke`. It is given plain data and knows no database.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from django.conf import settings
from django.utils.translation import gettext

from lib.marked_texts import gettext_noop

from . import sentences
from .audience import OfferAudience
from .errors import Cancelled

if TYPE_CHECKING:
    from platforms.inspection import CatalogueFinding


JSON = Mapping[str, object]


class Modality(StrEnum):
    """Pages translate the word itself: `{% translate model.input %}`, `gettext(model.input)`."""

    TEXT = gettext_noop("text")
    IMAGE = gettext_noop("image")
    AUDIO = gettext_noop("audio")
    VIDEO = gettext_noop("video")


@dataclass(frozen=True, slots=True)
class Model:
    """One way to turn one modality into another: a row of the catalogue."""

    id: str  # "platform:name"
    name: str
    input: Modality
    output: Modality
    path: str = ""  # what the provider calls it
    version: str = ""  # pinned version at the provider; empty = the latest
    defaults: JSON = field(default_factory=dict)  # sent unless a slot says otherwise
    parameters: JSON = field(default_factory=dict)  # JSON Schema of what a slot may set
    seconds: float | None = None  # typical
    cold_seconds: float | None = None  # typical, until it answers where it has to be loaded first
    usd: float | None = None  # typical price of one call
    deadline_seconds: float = 300.0
    pre_wait_seconds: float = 0.0
    post_wait_seconds: float = 0.0
    maker: str = ""
    licence: str = ""
    homepage: str = ""
    note: str = ""
    unverified: str = ""  # the day it was written down without asking the provider; else empty
    deprecated: bool = False
    hidden: bool = False  # usable, but offered only with DEBUG
    audiences: tuple[OfferAudience, ...] = ()  # of each who offers it; none: it is for everybody

    @property
    def platform(self) -> str:
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True)
class MediaFile:
    """An image, sound or video handed to a model: a local file, and where others can get it."""

    path: Path
    content_type: str
    url: str = ""  # absolute, only where it can be reached from outside


@dataclass(frozen=True, slots=True)
class Output:
    """What a model gave: exactly one of `text`, `data`, `file`, `url`.

    `file` is taken over (moved) by the engine; `url` is fetched by `assets.fetch`, which checks it.
    """

    text: str | None = None
    data: bytes | None = None
    file: Path | None = None
    url: str | None = None
    content_type: str = ""
    usd: float | None = None  # what was charged, where the provider says so
    seconds: float | None = None  # compute time by the provider's own account
    truncated: bool = False  # a text that ended at its limit of tokens, and not by itself


@dataclass(frozen=True, slots=True)
class Pending:
    """Asked for; it will be delivered later by whoever holds the attempt's token."""

    reference: str


@dataclass(frozen=True, slots=True)
class Availability:
    available: bool
    reason: str = ""  # one sentence, with what to do


@dataclass(slots=True)
class Call:
    """One request to a model. Mutable only through its signals."""

    model: Model
    input: str | MediaFile
    parameters: JSON  # the model's defaults with the slot's on top
    credentials: Mapping[str, str] = field(repr=False)
    idempotency_key: str
    reference: str = ""  # the provider's id of an earlier try: adopt it, do not ask (or pay) again
    number: int = 1  # which try at this step this is
    seed: int | None = None  # what chance is to be drawn from; None: as it comes
    callback: str = ""  # address of a webhook for news; empty = we cannot be reached
    webhook_received: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    on_begin: Callable[[], Awaitable[None]] | None = None
    on_reference: Callable[[str], Awaitable[None]] | None = None
    on_progress: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        """A slot leaves a default out by setting it to null."""
        given = self.parameters.items()
        self.parameters = {name: value for name, value in given if value is not None}

    async def begin(self) -> None:
        """Await it as the very last thing before a request that is paid for leaves.

        Raises `Cancelled` where a stop has committed, even if its signal has not come through yet:
        this process may have been busy or held up since it claimed the step.
        """
        if self.on_begin:
            await self.on_begin()
        if self.cancelled.is_set():
            raise Cancelled

    async def remember(self, reference: str) -> None:
        """Store the provider's id durably. Await it as soon as the id is known."""
        self.reference = reference
        if self.on_reference:
            await self.on_reference(reference)

    async def pause(self, seconds: float) -> bool:
        """Wait before the next poll; True, and at once, where the provider called `callback`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.webhook_received.wait()
        received = self.webhook_received.is_set()
        self.webhook_received.clear()
        return received

    def progress(self, status: str) -> None:
        """Show the provider's own status on the tile; not kept."""
        if self.on_progress:
            self.on_progress(status)

    async def sleep(self, seconds: float) -> None:
        """Wait, but raise `Cancelled` as soon as the call is cancelled."""
        try:
            await asyncio.wait_for(self.cancelled.wait(), timeout=seconds)
        except TimeoutError:
            return
        raise Cancelled


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform, and each credential of it, is asked at most; None = no limit."""

    calls_at_once: int | None = None
    calls_per_minute: int | None = None


class Warmth(StrEnum):
    WARM = "warm"
    WARMING = "warming"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Warmed:
    """Whether a model would answer without having to be loaded first, and why, in a sentence."""

    state: Warmth
    words: str
    charged: bool = False  # a part of a call at most; what it comes to is not known


class Platform(ABC):
    """What runs models: a vendor, a model server, this machine, or the dummy for tests."""

    slug: ClassVar[str]
    label: ClassVar[str]
    key_settings: ClassVar[Sequence[str]] = ()  # names in settings.PLATFORM_KEYS it needs
    keeps_warm: ClassVar[bool] = False  # nobody ever waits for its models to be loaded
    of_machine: ClassVar[bool] = False  # each machine of the installation loads them for itself
    honours_idempotency_keys: ClassVar[bool] = False  # the same key is billed at most once
    limits: ClassVar[Limits] = Limits()  # unless PLATFORM_LIMITS says otherwise
    remote: ClassVar[bool] = (
        False  # holders elsewhere claim its steps: no worker here calls `invoke`
    )

    @abstractmethod
    def models(self) -> Sequence[Model]:
        """The rows of the catalogue this platform offers."""

    @abstractmethod
    async def invoke(self, call: Call) -> Output | Pending:
        """Ask the model. Raises only errors of `platforms.errors`.

        With `call.reference` set, collect that earlier request instead of making a new one. The
        provider's id goes to `call.remember` before anything else is awaited. When
        `call.cancelled` is set, cancel at the provider and raise `Cancelled`.
        """

    @property
    def key_name(self) -> str:
        """The name under which `invoke` is given a person's own key; empty: it takes none."""
        return self.key_settings[0] if len(self.key_settings) == 1 else ""

    @property
    def shown_label(self) -> str:
        """Its label in the reader's language, where it is no name."""
        return gettext(self.label)

    def operator_keys(self) -> Mapping[str, str]:
        """The operator's keys, by the names `invoke` knows them by; an empty one is missing."""
        names = self.key_settings or ([self.key_name] if self.key_name else [])
        return {name: settings.PLATFORM_KEYS.get(name, "") for name in names}

    def key_problem(self, text: str) -> str:
        """Why this cannot be a person's key, in a sentence; empty where it may be one."""
        if not text:
            return gettext("A key is missing.")
        if not (text.isascii() and text.isprintable() and " " not in text):
            return gettext(
                "A key has no blanks, no line breaks and only plain letters, digits and signs."
            )
        return ""

    async def check(self, credentials: Mapping[str, str]) -> str:
        """Find out for nothing whether the platform takes this key: a sentence that says so.

        Raises only errors of `platforms.errors`; empty where there is no way but to use it.
        """
        return ""

    async def inspect(self, credentials: Mapping[str, str]) -> Sequence[CatalogueFinding] | None:
        """Compare every row with what the provider offers now, by free requests alone.

        Raises only errors of `platforms.errors`; None where there is nothing to compare with.
        """
        return None

    async def callback_secret(self, address: str, credentials: Mapping[str, str]) -> str:
        """What the platform signs webhooks to `address` with (`platforms.webhooks`).

        A free request, made once in a while; empty where it sends none, or none that arrive.
        """
        return ""

    async def warm(self, call: Call) -> Warmed:
        """Have `call.model` loaded, as far as that costs nothing or next to nothing.

        `call.input` is a harmless one, for platforms that must be asked something. Hears the stop
        and raises as `invoke` does.
        """
        if self.keeps_warm:
            return Warmed(Warmth.WARM, sentences.KEPT_READY % {"provider": self.label})
        return Warmed(Warmth.UNKNOWN, sentences.KEPT_UNKNOWN % {"provider": self.label})

    def listing(self, address: str, key: str) -> Sequence[JSON]:
        """What a server of this kind offers: for platforms whose servers an admin adds. Blocks for
        a few seconds; raises what an HTTP client raises, or ValueError."""
        raise NotImplementedError

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        """Whether `model` could be asked now, known without a call."""
        missing = [name for name in self.key_settings if not credentials.get(name)]
        if missing:
            words = {"platform": self.label, "names": " and ".join(missing)}
            return Availability(False, sentences.NEEDS_SETTING % words)
        return Availability(True)


T = TypeVar("T")
_on_their_own: set[asyncio.Future[None]] = set()  # a task nobody holds may be collected as it runs


async def unless_stopped(call: Call, work: Awaitable[T]) -> T:
    """The result of `work`, or Cancelled as soon as the call is; work that is done counts.

    `work` is cancelled then; wrap it in `asyncio.shield` if it must go on.
    """
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(call.cancelled.wait())
    try:
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return await task
        raise Cancelled
    finally:
        stop.cancel()
        task.cancel()
        await asyncio.wait({task, stop})


def let_finish(work: Coroutine[object, object, None] | asyncio.Future[None]) -> None:
    """Let it end on its own after the call is over; whatever it raises ends there."""
    task = asyncio.ensure_future(work)
    _on_their_own.add(task)
    task.add_done_callback(_on_their_own.discard)
    task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
