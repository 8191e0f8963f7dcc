"""System checks: is the catalogue in order? A mistake stops the start with a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's name

from . import catalogue, picture_taste, registry
from .base import Modality, Model
from .parameters import flaws, problems


@register("platforms")
def check_catalogue(**_: Any) -> list[CheckMessage]:
    """E001: a row that cannot be read. E002: a model that contradicts itself. E003: an id
    twice. E004: an id of another platform."""
    unread = [
        Error(line, id="platforms.E001")
        for found in catalogue.row_errors.values()
        for line in found
    ]
    models = registry.all_models()
    wrong = [
        Error(f"The model {model.id}: {line}", id="platforms.E002")
        for model in models
        for line in contradictions(model)
    ]
    twice = [Error(f"There are two models {one}.", id="platforms.E003") for one in _twice(models)]
    stray = [
        Error(f"The model {model.id} does not belong to the platform {slug}.", id="platforms.E004")
        for slug, model in _offered()
        if model.platform != slug
    ]
    return [*unread, *wrong, *twice, *stray]


@register("platforms")
def check_limits(**_: Any) -> list[CheckMessage]:
    """W001: a limit for a platform that is not there. A server that an admin has added may be."""
    known = sorted(platform.slug for platform in registry.all_platforms())
    return [
        Warning(
            f"PLATFORM_LIMITS limits “{slug}”, and there is no such platform, unless a server is "
            f"called so: there are {', '.join(known)}.",
            id="platforms.W001",
        )
        for slug in settings.PLATFORM_LIMITS
        if slug not in known
    ]


@register("platforms")
def check_taste(**_: Any) -> list[CheckMessage]:
    """W002: pictures are to be checked by a model of this machine that is not installed."""
    if settings.PICTURE_CHECK != picture_taste.NAME or picture_taste.is_installed():
        return []
    told = f"PICTURE_CHECK names the image check. {picture_taste.HOW_TO_INSTALL}"
    return [Warning(told, id="platforms.W002")]


def contradictions(model: Model) -> list[str]:
    """Every way in which a model's row does not hold together, as sentences."""
    return list(_contradictions(model))


def _contradictions(model: Model) -> Iterator[str]:
    if not {model.input, model.output} <= set(Modality):
        yield f"it must turn one of {', '.join(Modality)} into one of them."
    flawed = flaws(model.parameters) if model.parameters else []
    yield from flawed
    properties = model.parameters.get("properties")
    known = properties if isinstance(properties, Mapping) and not flawed else {}
    settable = {name: value for name, value in model.defaults.items() if name in known}
    for sentence in problems(model.parameters, settable) if settable else ():
        yield f"its own default is not allowed: {sentence}"
    if model.seconds is not None and not 0 < model.seconds < model.deadline_seconds:
        yield f"{model.seconds:g} seconds are not between 0 and its deadline."
    if model.usd is not None and model.usd < 0:
        yield "its price is below zero."


def _offered() -> Iterator[tuple[str, Model]]:
    for platform in registry.all_platforms():
        yield from ((platform.slug, model) for model in platform.models())


def _twice(models: Iterable[Model]) -> list[str]:
    return [one for one, times in Counter(model.id for model in models).items() if times > 1]
