"""Looking for a model: what a reader asks of the catalogue, and models beside each other."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from django import forms
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from invocations.models import Attempt
from invocations.states import Outcome
from platforms import registry
from platforms.base import Modality, Model
from platforms.registry import Ask, ModelOffer, ModelQuery

MAX_COMPARED = 4  # models that can be compared; more do not fit beside each other
ANY = ("", pgettext_lazy("choice", "any"))
KINDS = [ANY, *((str(one), gettext_lazy(one)) for one in Modality)]


class ModelFilter(forms.Form):
    """Read from the address, so that what was found can be kept and sent to somebody."""

    q = forms.CharField(
        label=gettext_lazy("Words"),
        required=False,
        max_length=200,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": gettext_lazy("flux, Google, tarot")}
        ),
    )
    input = forms.ChoiceField(
        label=pgettext_lazy("input", "Takes"),
        required=False,
        choices=KINDS,
        widget=forms.RadioSelect,
    )
    output = forms.ChoiceField(
        label=gettext_lazy("Gives"), required=False, choices=KINDS, widget=forms.RadioSelect
    )
    platform = forms.ChoiceField(label=gettext_lazy("Platform"), required=False)
    available = forms.ChoiceField(
        label=gettext_lazy("Now"),
        required=False,
        choices=[ANY, ("true", gettext_lazy("ready")), ("false", gettext_lazy("not ready"))],
    )
    deprecated = forms.BooleanField(label=gettext_lazy("Deprecated ones too"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "filter-%s", **kwargs})
        choices = [(one.slug, one.shown_label) for one in registry.all_platforms() if _shows(one)]
        self.fields["platform"].choices = [ANY, *choices]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> ModelQuery:
        """What is asked; of a field that says nothing sensible, nothing."""
        self.full_clean()
        given = self.cleaned_data
        return ModelQuery(
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
class ModelGroup:
    """All that was found to turn one thing into another."""

    input: Modality
    output: Modality
    offers: Sequence[ModelOffer]


@dataclass(frozen=True, slots=True)
class FoundModels:
    """What a reader sees of the catalogue."""

    groups: Sequence[ModelGroup]
    count: int
    reasons: Sequence[str]  # why some cannot be used now, each once; rows refer to them by number
    selected: Sequence[Model]  # chosen for comparison
    elsewhere: Sequence[Model]  # of these, those that were not found this time


def find_models(wanted: ModelQuery, ask: Ask, selected: Sequence[Model]) -> FoundModels:
    """The catalogue as far as it is wanted, grouped by what is turned into what; on each group
    what is ready stands in front."""
    offers = registry.find_offers(registry.all_models(), wanted, ask)
    offers.sort(key=lambda one: not _ready(one))
    ids = {one.model.id for one in offers}
    order = list(Modality)

    def group(offer: ModelOffer) -> tuple[int, int]:
        return order.index(offer.model.input), order.index(offer.model.output)

    groups = [
        ModelGroup(order[source], order[target], list(found))
        for (source, target), found in itertools.groupby(sorted(offers, key=group), group)
    ]
    reasons = dict.fromkeys(one.availability.reason for one in offers if not _ready(one))
    elsewhere = [model for model in selected if model.id not in ids]
    return FoundModels(groups, len(offers), list(reasons), selected, elsewhere)


def known_models(ids: Iterable[str]) -> list[Model]:
    """The models of these ids, each once; what no platform offers is left out."""
    found = {}
    for model_id in ids:
        try:
            found[model_id] = registry.get_model(model_id)
        except registry.UnknownModel:
            continue
    return list(found.values())


@dataclass(frozen=True, slots=True)
class DescribedParameter:
    """What a slot may set, in words."""

    name: str
    title: str
    takes: str
    usually: object
    description: str


def describe_parameters(model: Model) -> list[DescribedParameter]:
    properties = model.parameters.get("properties")
    described = properties.items() if isinstance(properties, Mapping) else ()
    return [_parameter(model, name, schema) for name, schema in described]


def _parameter(model: Model, name: str, schema: Mapping[str, Any]) -> DescribedParameter:
    usually = model.defaults.get(name, schema.get("default"))
    words = str(schema.get("description", ""))
    title = str(schema.get("title", name.replace("_", " ").capitalize()))
    return DescribedParameter(name, title, ", ".join(_takes(schema)), usually, words)


def _takes(schema: Mapping[str, Any]) -> Iterator[str]:
    """A schema the way people say it."""
    if choices := schema.get("enum"):
        shown = [str(one) for one in choices[:8]]
        words = _("one of %(choices)s")
        if len(choices) > 8:
            words = _("one of %(choices)s and %(more)d more")
        yield words % {"choices": ", ".join(shown), "more": len(choices) - 8}
        return
    kinds = {"string": _("text"), "boolean": _("yes or no"), "integer": _("a whole number")}
    kinds |= {"number": _("a number"), "array": _("a list"), "object": _("an object")}
    kind = schema.get("type")
    yield kinds.get(str(kind), _("a value"))
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        yield _("%(least)s to %(most)s") % {"least": least, "most": most}
    elif least is not None:
        yield _("%(least)s or more") % {"least": least}
    elif most is not None:
        yield _("%(most)s at most") % {"most": most}
    if longest := schema.get("maxLength"):
        yield _("%(most)s characters at most") % {
            "most": number_format(longest, force_grouping=True)
        }


def _ready(offer: ModelOffer) -> bool:
    return offer.availability.available


def _kind(value: str | None) -> Modality | None:
    return Modality(value) if value else None


def _shows(platform: Any) -> bool:
    return settings.DEBUG or not all(model.hidden for model in platform.models())


MAX_CALLS = 300  # newest calls of a platform; older ones say little about how it is today


@dataclass(frozen=True, slots=True)
class ModelStatistics:
    """Medians of calls that went well; None where nobody said what they cost."""

    calls: int
    seconds: float | None
    usd: float | None


def statistics_of_models(models: Collection[Model]) -> Mapping[str, ModelStatistics]:
    """By id, those that were at work lately; a query per platform."""
    found: dict[str, ModelStatistics] = {}
    for platform in {model.platform for model in models}:
        found |= _statistics_of_platform(platform)
    return {model.id: found[model.id] for model in models if model.id in found}


def _statistics_of_platform(platform: str) -> Mapping[str, ModelStatistics]:
    newest = Attempt.objects.filter(platform=platform, outcome=Outcome.COMPLETED)
    rows = newest.order_by("-started_at").values_list("invocation__model", "seconds", "usd")
    taken: dict[str, list[float]] = {}
    charged: dict[str, list[float]] = {}
    for model, seconds, usd in rows[:MAX_CALLS]:
        taken.setdefault(model, []).append(seconds or 0.0)
        if usd is not None:
            charged.setdefault(model, []).append(usd)
    return {
        model: ModelStatistics(len(every), median(every), _median(charged.get(model)))
        for model, every in taken.items()
    }


def _median(every: list[float] | None) -> float | None:
    return median(every) if every else None
