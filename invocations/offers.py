"""Looking for a model: what a reader asks of the catalogue, and models beside each other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings

from platforms import browsing, registry
from platforms.base import Modality, Model
from platforms.browsing import Ask, Offer, Wanted

MOST = 4  # models that can be compared; more do not fit beside each other
ANY = ("", "any")
KINDS = [ANY, *((str(one), str(one)) for one in Modality)]


class ModelFilter(forms.Form):
    """Read from the address, so that what was found can be kept and sent to somebody."""

    q = forms.CharField(
        label="Words",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "flux, Google, tarot"}),
    )
    input = forms.ChoiceField(
        label="Takes", required=False, choices=KINDS, widget=forms.RadioSelect
    )
    output = forms.ChoiceField(
        label="Gives", required=False, choices=KINDS, widget=forms.RadioSelect
    )
    platform = forms.ChoiceField(label="Platform", required=False)
    available = forms.ChoiceField(
        label="Now",
        required=False,
        choices=[ANY, ("true", "ready"), ("false", "not ready")],
    )
    deprecated = forms.BooleanField(label="Deprecated ones too", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "filter-%s", **kwargs})
        choices = [(one.slug, one.label) for one in registry.all_platforms() if _shows(one)]
        self.fields["platform"].choices = [ANY, *choices]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        """What is asked; of a field that says nothing sensible, nothing."""
        self.full_clean()
        given = self.cleaned_data
        return Wanted(
            input=_kind(given.get("input")),
            output=_kind(given.get("output")),
            platform=given.get("platform") or "",
            available={"true": True, "false": False}.get(given.get("available") or ""),
            words=given.get("q") or "",
            deprecated=bool(given.get("deprecated")),
            hidden=settings.DEBUG,
        )

    @property
    def asks(self) -> bool:
        return any(self.cleaned_data.values())


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that was found to turn one thing into another."""

    input: Modality
    output: Modality
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader sees of the catalogue."""

    shelves: Sequence[Shelf]
    count: int
    reasons: Sequence[str]  # why some cannot be used now, each once; rows refer to them by number
    picked: Sequence[Model]  # chosen for comparison
    elsewhere: Sequence[Model]  # of these, those that were not found this time


def find(wanted: Wanted, ask: Ask, picked: Sequence[Model]) -> Found:
    """The catalogue as far as it is wanted, shelved by what is turned into what; on each shelf
    what is ready stands in front."""
    offers = browsing.offers(registry.all_models(), wanted, ask)
    offers.sort(key=lambda one: not _ready(one))
    ids = {one.model.id for one in offers}
    order = list(Modality)

    def shelf(offer: Offer) -> tuple[int, int]:
        return order.index(offer.model.input), order.index(offer.model.output)

    shelves = [
        Shelf(order[source], order[target], list(found))
        for (source, target), found in itertools.groupby(sorted(offers, key=shelf), shelf)
    ]
    reasons = dict.fromkeys(one.availability.reason for one in offers if not _ready(one))
    elsewhere = [model for model in picked if model.id not in ids]
    return Found(shelves, len(offers), list(reasons), picked, elsewhere)


def known(ids: Iterable[str]) -> list[Model]:
    """The models of these ids, each once; what no platform offers is left out."""
    found = {}
    for model_id in ids:
        try:
            found[model_id] = registry.get_model(model_id)
        except registry.UnknownModel:
            continue
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a slot may set, in words."""

    name: str
    title: str
    takes: str
    usually: object
    description: str


def parameters(model: Model) -> list[Parameter]:
    properties = model.parameters.get("properties")
    described = properties.items() if isinstance(properties, Mapping) else ()
    return [_parameter(model, name, schema) for name, schema in described]


def _parameter(model: Model, name: str, schema: Mapping[str, Any]) -> Parameter:
    usually = model.defaults.get(name, schema.get("default"))
    words = str(schema.get("description", ""))
    title = str(schema.get("title", name.replace("_", " ").capitalize()))
    return Parameter(name, title, ", ".join(_takes(schema)), usually, words)


def _takes(schema: Mapping[str, Any]) -> Iterator[str]:
    """A schema the way people say it."""
    if choices := schema.get("enum"):
        shown = [str(one) for one in choices[:8]]
        more = f" and {len(choices) - 8} more" if len(choices) > 8 else ""
        yield f"one of {', '.join(shown)}{more}"
        return
    kinds = {"string": "text", "boolean": "yes or no", "integer": "a whole number"}
    kinds |= {"number": "a number", "array": "a list", "object": "an object"}
    kind = schema.get("type")
    yield kinds.get(str(kind), "a value")
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield f"{least} to {most}"
    elif least is not None:
        yield f"{least} or more"
    elif most is not None:
        yield f"{most} at most"
    if longest := schema.get("maxLength"):
        yield f"{longest:,} characters at most"


def _ready(offer: Offer) -> bool:
    return offer.availability.available


def _kind(value: str | None) -> Modality | None:
    return Modality(value) if value else None


def _shows(platform: Any) -> bool:
    return settings.DEBUG or not all(model.hidden for model in platform.models())
