"""Every platform there is, by slug, and every model, by id."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from .base import Model, Platform

P = TypeVar("P", bound=Platform)
_platforms: dict[str, Platform] = {}


class UnknownModel(LookupError):
    """No registered platform offers a model of this id."""


def register(cls: type[P]) -> type[P]:
    """Class decorator: the platform joins the catalogue. A taken slug or a stray id raises."""
    _add(cls())
    return cls


def _add(platform: Platform) -> None:
    if platform.slug in _platforms:
        raise ValueError(f"platform {platform.slug!r} is registered twice")
    for model in platform.models():
        if model.platform != platform.slug:
            raise ValueError(f"model {model.id!r} does not belong to platform {platform.slug!r}")
    _platforms[platform.slug] = platform


@contextmanager
def registered_temporarily(platform: Platform) -> Iterator[Platform]:
    """For tests: `platform` is there inside the block and gone after it."""
    _add(platform)
    try:
        yield platform
    finally:
        del _platforms[platform.slug]


def load_adapters() -> None:
    """Import every module of `platforms.adapters`; importing registers."""
    from . import adapters

    for module in pkgutil.iter_modules(adapters.__path__):
        importlib.import_module(f"{adapters.__name__}.{module.name}")


def all_platforms() -> list[Platform]:
    return list(_platforms.values())


def all_models() -> list[Model]:
    return [model for platform in _platforms.values() for model in platform.models()]


def get_platform(slug: str) -> Platform:
    """Raises UnknownModel where no such platform is registered."""
    try:
        return _platforms[slug]
    except KeyError:
        raise UnknownModel(f"there is no platform called {slug!r}") from None


def get_model(model_id: str) -> Model:
    """Raises UnknownModel where no platform offers it (any more)."""
    for model in get_platform(model_id.partition(":")[0]).models():
        if model.id == model_id:
            return model
    raise UnknownModel(f"there is no model called {model_id!r}")
