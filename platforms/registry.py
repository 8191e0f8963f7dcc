"""Every platform there is, by slug, and every model, by id."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from .base import Availability, Modality, Model, Platform

MAX_IDS_WITH_WORD = 50
P = TypeVar("P", bound=Platform)
_classes: dict[str, type[Platform]] = {}
_platforms: dict[str, Platform] = {}  # those that have been asked for


class UnknownModel(LookupError):
    """No registered platform offers a model of this id."""


def register(cls: type[P]) -> type[P]:
    """Class decorator: the platform joins the catalogue. A taken slug raises.

    Nothing of the class is called here: its module may not have been imported to its end.
    """
    if cls.slug in _classes:
        raise ValueError(f"platform {cls.slug!r} is registered twice")
    _classes[cls.slug] = cls
    return cls


def unregister(slug: str) -> None:
    """For tests."""
    del _classes[slug]
    _platforms.pop(slug, None)


@contextmanager
def registered_temporarily(platform: Platform) -> Iterator[Platform]:
    """For tests: `platform` is there inside the block and gone after it."""
    register(type(platform))
    _platforms[platform.slug] = platform
    try:
        yield platform
    finally:
        unregister(platform.slug)


def load_adapters() -> None:
    """Import every module of `platforms.adapters`; importing registers."""
    from . import adapters

    for module in pkgutil.iter_modules(adapters.__path__):
        importlib.import_module(f"{adapters.__name__}.{module.name}")


def all_platforms() -> list[Platform]:
    return [get_platform(slug) for slug in _classes]


def all_models() -> list[Model]:
    return [model for platform in all_platforms() for model in platform.models()]


def get_platform(slug: str) -> Platform:
    """Raises UnknownModel where no such platform is registered."""
    if slug not in _classes:
        raise UnknownModel(f"there is no platform called {slug!r}")
    if slug not in _platforms:
        _platforms[slug] = _classes[slug]()
    return _platforms[slug]


def get_model(model_id: str) -> Model:
    """Raises UnknownModel where no platform offers it (any more)."""
    for model in get_platform(model_id.partition(":")[0]).models():
        if model.id == model_id:
            return model
    raise UnknownModel(f"there is no model called {model_id!r}")


Ask = Callable[[Model], Availability]


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model, who runs it, and whether the one who asks can use it now."""

    model: Model
    platform: Platform
    availability: Availability


@dataclass(frozen=True, slots=True)
class ModelQuery:
    """What a model must be to be shown; what is left out does not matter."""

    input: Modality | None = None
    output: Modality | None = None
    platform: str = ""
    available: bool | None = None
    words: str = ""  # each of them somewhere in its name, id, maker, licence or note
    deprecated: bool = False  # these too
    hidden: bool = False  # and dummy ones

    def fits(self, model: Model) -> bool:
        """Apart from availability, which depends on who asks."""
        return (
            (self.deprecated or not model.deprecated)
            and (self.hidden or not model.hidden)
            and self.input in (None, model.input)
            and self.output in (None, model.output)
            and self.platform in ("", model.platform)
            and all(word in _said(model) for word in self.words.casefold().split())
        )


def ids_with_word(word: str) -> list[str]:
    """Of the models that are called so or whose id has it, retired ones too; at most
    `MAX_IDS_WITH_WORD`."""
    asked = word.casefold()
    named = (m.id for m in all_models() if asked in m.name.casefold() or asked in m.id.casefold())
    return list(islice(named, MAX_IDS_WITH_WORD))


def find_offers(models: Iterable[Model], wanted: ModelQuery, ask: Ask) -> list[ModelOffer]:
    """Those that are wanted, in their order."""
    found = [offer_of_model(model, ask) for model in models if wanted.fits(model)]
    return [one for one in found if wanted.available in (None, one.availability.available)]


def offer_of_model(model: Model, ask: Ask) -> ModelOffer:
    return ModelOffer(model, get_platform(model.platform), ask(model))


def _said(model: Model) -> str:
    platform = get_platform(model.platform).label
    parts = (model.name, model.id, model.path, model.maker, model.licence, model.note, platform)
    return " ".join(parts).casefold()
