"""Looking through the catalogue: what is wanted of a model, and what of it one may use now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .base import Availability, Modality, Model, Platform
from .registry import get_platform

Ask = Callable[[Model], Availability]


@dataclass(frozen=True, slots=True)
class Offer:
    """A model, who runs it, and whether the one who asks can use it now."""

    model: Model
    platform: Platform
    availability: Availability


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a model must be to be shown; what is left out does not matter."""

    input: Modality | None = None
    output: Modality | None = None
    platform: str = ""
    available: bool | None = None
    words: str = ""  # each of them somewhere in its name, id, maker, licence or note
    deprecated: bool = False  # these too
    hidden: bool = False  # and pretend ones

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


def offers(models: Iterable[Model], wanted: Wanted, ask: Ask) -> list[Offer]:
    """Those that are wanted, in their order."""
    found = [offer(model, ask) for model in models if wanted.fits(model)]
    return [one for one in found if wanted.available in (None, one.availability.available)]


def offer(model: Model, ask: Ask) -> Offer:
    return Offer(model, get_platform(model.platform), ask(model))


def _said(model: Model) -> str:
    platform = get_platform(model.platform).label
    parts = (model.name, model.id, model.path, model.maker, model.licence, model.note, platform)
    return " ".join(parts).casefold()
