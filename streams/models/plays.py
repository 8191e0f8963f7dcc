"""How often a stream has played each archived run, and each film that is played in turn with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from films.models import Film
from invocations.models import Invocation, Run
from invocations.states import InvocationState
from networks.models import Network


class _Plays(models.Model):
    plays = models.PositiveIntegerField(default=0)
    last_played_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @classmethod
    def _count(cls, at: datetime, **of: Any) -> None:
        """It has been begun once more."""
        found = cls._default_manager.get_or_create(**of)[0]
        more = {"plays": F("plays") + 1, "last_played_at": at}
        cls._default_manager.filter(pk=found.pk).update(**more)


class RunPlays(_Plays):
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="stream_plays")

    def __str__(self) -> str:
        return f"{self.plays} plays of {self.run_id}"

    @classmethod
    def count(cls, run: int, *, at: datetime) -> None:
        cls._count(at, run_id=run)


class FilmPlays(_Plays):
    film = models.OneToOneField(Film, on_delete=models.CASCADE, related_name="stream_plays")

    def __str__(self) -> str:
        return f"{self.plays} plays of {self.film_id}"

    @classmethod
    def count(cls, film: int, *, at: datetime) -> None:
        cls._count(at, film_id=film)


def next_item(network: Network, *, after: tuple[int | None, int | None]) -> Run | Film | None:
    """The run or film with the fewest plays, of those the one that was played longest ago, of those the newest;
    `after` (keys of a run and of a film) only where there is no other."""
    shown = Invocation.objects.filter(run=models.OuterRef("pk"), state=InvocationState.COMPLETED)
    over = network.runs.filter(withdrawn_at__isnull=True, ended_at__isnull=False)
    run = _first(over.filter(models.Exists(shown)), after[0])
    films = Film.objects.replayed_in(network.pk).select_related("output")
    film = _first(films, after[1])
    found = [one for one in (run, film) if one is not None]
    return min(found, key=_rank, default=None)


def _first(rows: models.QuerySet[Any], after: int | None) -> Any:
    ranked = rows.annotate(
        played=Coalesce(F("stream_plays__plays"), Value(0)),
        played_at=F("stream_plays__last_played_at"),
        is_same=models.Case(models.When(pk=after, then=Value(1)), default=Value(0)),
    )
    longest_ago = F("played_at").asc(nulls_first=True)
    return ranked.order_by("is_same", "played", longest_ago, "-pk").first()


def _rank(one: Any) -> tuple[int, int, float]:
    return one.is_same, one.played, one.played_at.timestamp() if one.played_at else 0.0
