"""Is what the catalogue says still so? What was asked of the providers, and what came of it.

An adapter answers with a `CatalogueFinding` per model (`Platform.inspect`), by free requests alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import http
from .base import JSON, Call, Model, Platform
from .catalogue import Row
from .errors import PlatformError
from .payloads import find


class CatalogueVerdict(StrEnum):
    FINE = "fine"
    ENDING = "ending"  # still there, and its end has been announced
    RETIRED = "retired"
    CHANGED = "changed"  # it takes something else than what is sent
    UNANSWERED = "no answer"  # the provider would not say: a wrong key, an outage
    UNCHECKED = "not checked"


WRONG = {
    CatalogueVerdict.ENDING,
    CatalogueVerdict.RETIRED,
    CatalogueVerdict.CHANGED,
    CatalogueVerdict.UNANSWERED,
}


@dataclass(frozen=True, slots=True)
class CatalogueFinding:
    """What was found out about one model, or about a platform as a whole."""

    subject: str  # a model's id, or a platform's slug
    verdict: CatalogueVerdict
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
class ListedModel:
    """What a provider's list says of one model: until when it is there, and if it is gone already."""

    ends: str = ""  # a day; empty = nothing was announced
    gone: bool = False


def finding(model: Model, verdict: CatalogueVerdict, detail: str = "") -> CatalogueFinding:
    """Of a deprecated model it is known that it goes, and no longer wrong."""
    known = model.deprecated and verdict in (CatalogueVerdict.ENDING, CatalogueVerdict.RETIRED)
    return CatalogueFinding(model.id, verdict, detail, known=known)


def listed(models: Iterable[Model], offered: Mapping[str, ListedModel]) -> list[CatalogueFinding]:
    """Each model, looked up by its path in the list of what the provider offers."""
    return [_looked_up(model, offered.get(model.path)) for model in models]


def _looked_up(model: Model, found: ListedModel | None) -> CatalogueFinding:
    if found is None or found.gone:
        return finding(model, CatalogueVerdict.RETIRED, f"{model.path} is no longer offered.")
    if found.ends:
        return finding(model, CatalogueVerdict.ENDING, f"{model.path} ends on {found.ends}.")
    return finding(model, CatalogueVerdict.FINE)


def inquiry(platform: Platform, credentials: Mapping[str, str]) -> Call:
    """A call that asks for nothing but what there is."""
    return Call(platform.models()[0], "", {}, credentials, idempotency_key="catalogue-check")


async def inspected(platform: Platform, keys: Mapping[str, str]) -> list[CatalogueFinding]:
    """The findings about one platform; never an error, whatever the provider does."""
    if missing := [name for name in platform.key_settings if not keys.get(name)]:
        return [_unchecked(platform, f"no key ({' and '.join(missing)} is not set)")]
    try:
        found = await platform.inspect(keys)
    except PlatformError as error:
        return [CatalogueFinding(platform.slug, CatalogueVerdict.UNANSWERED, str(error))]
    if found is None:
        return [_unchecked(platform, "it lists its own models, or has none elsewhere")]
    return list(found)


def inspect_all(
    platforms: Collection[Platform], keys: Mapping[str, str]
) -> Sequence[tuple[Platform, list[CatalogueFinding]]]:
    """Every platform, one after the other. Blocks; takes as long as the providers take."""

    async def every() -> list[tuple[Platform, list[CatalogueFinding]]]:
        found = [(one, await inspected(one, keys)) for one in platforms]
        await _close_connections()
        return found

    return asyncio.run(every())


async def _close_connections() -> None:
    """Close what the adapters opened: the loop ends here."""
    import sys

    for name in (
        "platforms.http",
        "platforms.http_pool",
    ):  # the latter only where a client was loaded
        if name in sys.modules:
            await sys.modules[name].close()


def _unchecked(platform: Platform, why: str) -> CatalogueFinding:
    return CatalogueFinding(platform.slug, CatalogueVerdict.UNCHECKED, why)


# Comparing what a row sends with the input schema (OpenAPI) that its provider publishes


AT_ONCE = 5  # requests; there is no hurry
PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}
WIDER = {"integer": {"integer", "number"}, "number": {"number"}}


Get = Callable[[str], Awaitable[http.Answer]]


async def compare_rows(
    rows: Iterable[Row], get: Get, provider: str, key: str
) -> list[CatalogueFinding]:
    """A finding per row; `get` asks for an address below the provider's API, such as models/a/b.

    Raises what the first request raises, so that a wrong key is told once and not fifty times.
    """
    asked: dict[str, asyncio.Task[http.Answer]] = {}
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(path: str) -> http.Answer:
        async with places:
            return await get(path)

    for row in rows:
        path = _address(row)
        asked.setdefault(path, asyncio.create_task(ask(path)))
        if len(asked) == 1 and (answer := await asked[path]).status in (401, 403):
            raise http.error_in(answer, provider, key)
    answers = await asyncio.gather(*asked.values(), return_exceptions=True)
    by_path = dict(zip(asked, answers, strict=True))
    return [_judged(row, by_path[_address(row)]) for row in rows]


def _address(row: Row) -> str:
    version = f"/versions/{row.model.version}" if row.model.version else ""
    return f"models/{row.model.path}{version}"


def _judged(row: Row, answer: http.Answer | BaseException) -> CatalogueFinding:
    model = row.model
    if isinstance(answer, PlatformError):
        return finding(model, CatalogueVerdict.UNANSWERED, str(answer))
    if isinstance(answer, BaseException):
        raise answer
    content = answer.json()
    if answer.status in (404, 410):
        said = " ".join(str(content.get("detail") or "").split())[:200]
        return finding(model, CatalogueVerdict.RETIRED, f"{model.path} is gone. {said}".strip())
    if answer.status >= 300:
        return finding(
            model, CatalogueVerdict.UNANSWERED, f"The provider answered {answer.status}."
        )
    version = content if model.version else content.get("latest_version")
    if not isinstance(version, Mapping) and not content.get("is_official"):
        return finding(model, CatalogueVerdict.RETIRED, f"{model.path} offers no version.")
    openapi = find(version, "openapi_schema")
    if not isinstance(find(openapi, "components", "schemas", "Input", "properties"), Mapping):
        return finding(
            model, CatalogueVerdict.UNCHECKED, f"{model.path} publishes no input schema."
        )
    if found := differences(row, openapi):
        return finding(model, CatalogueVerdict.CHANGED, " ".join(found))
    return finding(model, CatalogueVerdict.FINE)


def differences(row: Row, openapi: object) -> list[str]:
    """Every way in which the provider would not take what is sent, as sentences.

    Raises ValueError for what is no OpenAPI schema with an Input.
    """
    schemas = find(openapi, "components", "schemas")
    taken = find(schemas, "Input", "properties")
    if not isinstance(schemas, Mapping) or not isinstance(taken, Mapping):
        raise ValueError("this is no schema of an input")
    fields = {name: _whole(one, schemas) for name, one in taken.items()}
    return [*_unfit(row, fields), *_unsent(row, schemas)]


def sent(row: Row) -> dict[str, JSON]:
    """What a request may carry, as a JSON Schema by field; a default is a choice of one."""
    parameters = row.model.parameters.get("properties")
    fields: dict[str, JSON] = {
        name: {"type": PLAIN.get(type(value)), "enum": [value]}
        for name, value in row.model.defaults.items()
    }
    for name, one in parameters.items() if isinstance(parameters, Mapping) else ():
        choices, default = one.get("enum"), row.model.defaults.get(name)
        also = [default] if choices and default is not None else []
        fields[name] = {**one, "enum": [*choices, *also] if choices else None}
    return {row.input_field: {"type": "string"}, **fields} if row.input_field else fields


def _unfit(row: Row, taken: Mapping[str, JSON]) -> Iterator[str]:
    for name, ours in sent(row).items():
        theirs = taken.get(name)
        if theirs is None:
            yield f"it takes no `{name}` any more."
            continue
        kind, wanted = ours.get("type"), theirs.get("type")
        if kind and wanted and wanted not in WIDER.get(str(kind), {kind}):
            yield f"`{name}` is {kind} here and {wanted} there."
        if lost := _lost(ours.get("enum"), theirs.get("enum")):
            yield f"`{name}` cannot be {', '.join(map(str, lost))} there."
        yield from _out_of_bounds(name, ours, theirs)


def _lost(ours: Any, theirs: Any) -> list[object]:
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return []
    return [one for one in dict.fromkeys(ours) if one not in theirs]


def _out_of_bounds(name: str, ours: JSON, theirs: JSON) -> Iterator[str]:
    for keyword, sign in (("minimum", -1), ("maximum", 1)):
        mine, other = ours.get(keyword), theirs.get(keyword)
        if not isinstance(mine, int | float) or not isinstance(other, int | float):
            continue
        if sign * mine > sign * other:
            yield f"`{name}` may be {mine} here, and its {keyword} there is {other}."


def _unsent(row: Row, schemas: Mapping[str, Any]) -> Iterator[str]:
    needed = find(schemas, "Input", "required")
    mine = {row.input_field, *row.model.defaults}
    for name in needed if isinstance(needed, list) else ():
        if name not in mine:
            yield f"it needs `{name}`, which is not sent."


def _whole(field: Any, schemas: Mapping[str, Any]) -> JSON:
    """A field with what it refers to put in its place."""
    parts = field.get("allOf") if isinstance(field, Mapping) else None
    merged: dict[str, object] = dict(field) if isinstance(field, Mapping) else {}
    for part in [*(parts or []), field]:
        name = str(part.get("$ref", "")).rpartition("/")[2] if isinstance(part, Mapping) else ""
        referred = schemas.get(name) if name else None
        merged |= referred if isinstance(referred, Mapping) else {}
    return merged
