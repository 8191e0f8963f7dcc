"""Loading the models of a ring before somebody waits for them: the last reply on each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar, cast

from django.db import models

from networks.models import Network

LONGEST = timedelta(minutes=15)  # then its worker is gone, or nobody will ever know


class WarmUpState(models.TextChoices):
    WARMING = "warming"
    WARM = "warm"
    UNKNOWN = "unknown"
    FAILED = "failed"


class WarmingQuerySet(models.QuerySet["Warming"]):
    def under_way(self, at: datetime) -> WarmingQuerySet:
        return self.filter(state=WarmUpState.WARMING, asked_at__gt=at - LONGEST)


class Warming(models.Model):
    """One model of one network."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="warmings")
    model = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=WarmUpState.choices)
    words = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)

    objects: ClassVar[WarmingQuerySet] = cast("WarmingQuerySet", WarmingQuerySet.as_manager())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "model"], name="warming_of_model"),
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.state}"

    # Factories

    @classmethod
    def ask(cls, network: Network, names: Collection[str], *, at: datetime) -> list[str]:
        """Note that these models are to be loaded: those of them that are not being loaded already.

        The replies on models that are no longer in the ring are forgotten.
        """
        of_network = cls.objects.filter(network=network)
        of_network.exclude(model__in=names).delete()
        busy = set(of_network.under_way(at).values_list("model", flat=True))
        wanted = [name for name in dict.fromkeys(names) if name not in busy]
        for name in wanted:
            fields = {
                "state": WarmUpState.WARMING,
                "words": "",
                "asked_at": at,
                "reported_at": None,
            }
            cls.objects.update_or_create(network=network, model=name, defaults=fields)
        return wanted

    # Mutators

    def record_reply(self, state: WarmUpState, words: str, *, at: datetime) -> None:
        """What became of it; unless somebody has asked again since."""
        mine = Warming.objects.filter(pk=self.pk, asked_at=self.asked_at)
        mine.update(state=state, words=words[:300], reported_at=at)

    # Properties

    def state_at(self, at: datetime) -> WarmUpState:
        """As stored, but that nothing is under way for ever."""
        if self.state == WarmUpState.WARMING and at - self.asked_at > LONGEST:
            return WarmUpState.UNKNOWN
        return WarmUpState(self.state)
