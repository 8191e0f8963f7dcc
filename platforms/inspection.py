"""Is what the catalogue says still so? What was asked of the providers, and what came of it.

An adapter answers with a `Finding` per model (`Platform.inspect`), by free requests alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .base import Call, Model, Platform
from .errors import PlatformError


class Verdict(StrEnum):
    FINE = "fine"
    ENDING = "ending"  # still there, and its end has been announced
    RETIRED = "retired"
    CHANGED = "changed"  # it takes something else than what is sent
    UNANSWERED = "no answer"  # the provider would not say: a wrong key, an outage
    UNCHECKED = "not checked"


WRONG = {Verdict.ENDING, Verdict.RETIRED, Verdict.CHANGED, Verdict.UNANSWERED}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one model, or about a platform as a whole."""

    subject: str  # a model's id, or a platform's slug
    verdict: Verdict
    detail: str = ""
    known: bool = False  # the row says it already: it is marked as deprecated

    @property
    def is_wrong(self) -> bool:
        return self.verdict in WRONG and not self.known

    def as_json(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "verdict": str(self.verdict),
            "detail": self.detail,
            "wrong": self.is_wrong,
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """What a provider's list says of one model: until when it is there, and if it is gone already."""

    ends: str = ""  # a day; empty = nothing was announced
    gone: bool = False


def finding(model: Model, verdict: Verdict, detail: str = "") -> Finding:
    """Of a deprecated model it is known that it goes, and no longer wrong."""
    known = model.deprecated and verdict in (Verdict.ENDING, Verdict.RETIRED)
    return Finding(model.id, verdict, detail, known=known)


def listed(models: Iterable[Model], offered: Mapping[str, Listing]) -> list[Finding]:
    """Each model, looked up by its path in the list of what the provider offers."""
    return [_looked_up(model, offered.get(model.path)) for model in models]


def _looked_up(model: Model, found: Listing | None) -> Finding:
    if found is None or found.gone:
        return finding(model, Verdict.RETIRED, f"{model.path} is no longer offered.")
    if found.ends:
        return finding(model, Verdict.ENDING, f"{model.path} ends on {found.ends}.")
    return finding(model, Verdict.FINE)


def inquiry(platform: Platform, credentials: Mapping[str, str]) -> Call:
    """A call that asks for nothing but what there is."""
    return Call(platform.models()[0], "", {}, credentials, idempotency_key="catalogue-check")


async def inspected(platform: Platform, keys: Mapping[str, str]) -> list[Finding]:
    """The findings about one platform; never an error, whatever the provider does."""
    if missing := [name for name in platform.key_settings if not keys.get(name)]:
        return [_unchecked(platform, f"no key ({' and '.join(missing)} is not set)")]
    try:
        found = await platform.inspect(keys)
    except PlatformError as error:
        return [Finding(platform.slug, Verdict.UNANSWERED, str(error))]
    if found is None:
        return [_unchecked(platform, "it lists its own models, or has none elsewhere")]
    return list(found)


def inspect_all(
    platforms: Collection[Platform], keys: Mapping[str, str]
) -> Sequence[tuple[Platform, list[Finding]]]:
    """Every platform, one after the other. Blocks; takes as long as the providers take."""

    async def every() -> list[tuple[Platform, list[Finding]]]:
        found = [(one, await inspected(one, keys)) for one in platforms]
        await _hang_up()
        return found

    return asyncio.run(every())


async def _hang_up() -> None:
    """Close what the adapters opened: the loop ends here."""
    import sys

    for name in ("platforms.web", "platforms.pool"):  # the latter only where a client was loaded
        if name in sys.modules:
            await sys.modules[name].close()


def _unchecked(platform: Platform, why: str) -> Finding:
    return Finding(platform.slug, Verdict.UNCHECKED, why)
