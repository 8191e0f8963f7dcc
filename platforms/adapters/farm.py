"""The farm: models on machines of the operator's own, whose workers come and claim steps.

Nothing is asked from here. A farm worker takes a step through its API (`farm`), and delivers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.utils.translation import gettext_noop

from platforms import farm_models, sentences
from platforms.base import Availability, Call, Model, Output, Platform
from platforms.errors import NotConfigured
from platforms.registry import register


@register
class Farm(Platform):
    """Machines of the house."""

    slug: ClassVar[str] = "farm"
    label: ClassVar[str] = gettext_noop("Farm")
    remote: ClassVar[bool] = True

    def models(self) -> Sequence[Model]:
        return [one.model for one in farm_models.known().values()]

    def availability(self, model: Model, credentials: Mapping[str, str]) -> Availability:
        found = farm_models.known().get(model.id)
        if found is None:
            return Availability(False, sentences.NOT_OFFERED % {"model": model.name})
        return Availability(not found.problem, found.problem)

    async def invoke(self, call: Call) -> Output:
        raise NotConfigured(sentences.NOT_OFFERED % {"model": call.model.name})
