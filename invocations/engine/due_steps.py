"""Which steps are due for one who may take them. Every claim asks, so that it is compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q

from invocations.leases import WorkOffer
from invocations.models import Invocation
from invocations.models.invocation import InvocationQuerySet
from lib.compiled_statements import CompiledSelect, Value

MAX_STEPS_TRIED = 16  # steps that a claim tries at most
Values = Mapping[str, Value | tuple[Value, ...]]


def _any_step() -> Q:
    return Q()


@dataclass(frozen=True, slots=True)
class StepFilter:
    """A filter of steps: `condition` of the `values`. It is compiled once for each condition: a function of a
    module, to which nothing but the shape of its values makes a difference (`CompiledSelect`). `order`: what comes
    before how long they have waited."""

    condition: Callable[..., Q] = _any_step
    values: Values = field(default_factory=dict)
    order: tuple[str, ...] = ()

    def apply(self, steps: InvocationQuerySet) -> InvocationQuerySet:
        """Those of due `steps` that pass, in order."""
        return _in_order(steps.filter(self.condition(**self.values)), self.order)


ANY_STEP = StepFilter()


def first(offer: WorkOffer, suits: StepFilter, *, at: datetime) -> list[Invocation]:
    """Of the first order the longest waiting ones; only their run is known."""
    select = _first_select(suits.condition, suits.order, offer.platforms, offer.inverted)
    return select.rows(at=at, models=tuple(sorted(offer.models)), **suits.values)


def one(offer: WorkOffer, suits: StepFilter, *, pk: int, at: datetime) -> Invocation | None:
    """The step with this key, if it is due for this offer, with its input."""
    select = _one_select(suits.condition, offer.platforms, offer.inverted)
    models = tuple(sorted(offer.models))
    return next(iter(select.rows(at=at, pk=pk, models=models, **suits.values)), None)


@lru_cache(maxsize=64)
def _first_select(
    condition: Callable[..., Q],
    order: tuple[str, ...],
    platforms: frozenset[str],
    inverted: bool,
) -> CompiledSelect[Invocation]:
    def due(*, at: datetime, models: tuple[str, ...], **values: Any) -> InvocationQuerySet:
        offer = WorkOffer(platforms, frozenset(models), inverted)
        found = _in_order(_due(at, offer, condition(**values)), order)
        return found.only("run")[:MAX_STEPS_TRIED]

    return CompiledSelect(due)


@lru_cache(maxsize=64)
def _one_select(
    condition: Callable[..., Q], platforms: frozenset[str], inverted: bool
) -> CompiledSelect[Invocation]:
    def due(*, at: datetime, pk: int, models: tuple[str, ...], **values: Any) -> InvocationQuerySet:
        offer = WorkOffer(platforms, frozenset(models), inverted)
        found = _due(at, offer, condition(**values)).filter(pk=pk)
        return found.select_related("input_asset").order_by()

    return CompiledSelect(due)


def _due(at: datetime, offer: WorkOffer, suits: Q) -> InvocationQuerySet:
    return Invocation.objects.due(at).offered(offer).filter(suits)


def _in_order(steps: InvocationQuerySet, order: tuple[str, ...]) -> InvocationQuerySet:
    return steps.order_by(*order, *steps.query.order_by) if order else steps
