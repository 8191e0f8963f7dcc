"""What is on: the newest output of the run that is under way, while nothing runs archived runs and films that were
chosen for replay, and a slate where there is neither.

It reads rows and writes no more than what it has played. One query a second while a run is under
way, two while none is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext

from assets.errors import StorageUnavailable
from assets.kinds import MediaKind
from films.models import Film
from invocations.models import Invocation, Run
from invocations.states import LIVE_RUNS, InvocationState
from networks.models import Network
from networks.opening_words import closed_sentence
from studio.tiles import shorten

from .encoder.clock import nearest_frame
from .encoder.protocol import Picture
from .media_files import MediaFiles
from .models import Broadcast, FilmPlays, QuarantinedItem, RunPlays
from .models.broadcast import BedKind, OutsideHours
from .models.plays import next_item
from .pictures import key_of, key_of_film, picture_of_film, picture_of_step, slate
from .states import StreamState

logger = logging.getLogger(__name__)
SHOWN_SECONDS = 8.0  # of an archived output
MAX_SHOWN_SECONDS = 45.0  # where it is a sound or a film
CHANGE_SECONDS = 2.0  # the shortest time between two outputs of a live run
MAX_STEPS = 200  # of an archived run
NEWEST = 4  # steps of a live run that are looked at: the newest may be in quarantine
ASSETS = ("output_asset", "input_asset")


@dataclass(frozen=True, slots=True)
class OnAir:
    picture: Picture
    state: StreamState
    step: int | None = None  # whose output it is
    film: int | None = None  # which it is


class StreamProgram:
    """Of one broadcast. `next_picture` is asked again every second."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.broadcast = broadcast
        self.network: Network = broadcast.network
        self._files = MediaFiles(broadcast.channel)
        self._quarantine = QuarantinedItem.keys_of(self.network)
        self._current: OnAir | None = None
        self._until: datetime | None = None
        self._queue: list[int] = []  # steps of the archived run that are still to be shown
        self._films_shown = 0
        self._last_film: int | None = broadcast.film_id
        self._left_on_at = broadcast.film_since  # by the host before this one
        self._bed: tuple[int, str] = (0, "")  # the newest sound of this run

    def close(self) -> None:
        """It is off air."""
        self._files.remove_all()

    def note_quarantine(self, key: str) -> None:
        self._quarantine |= {key}
        self._until = None

    def next_picture(self, at: datetime, *, halted: bool) -> OnAir:
        left_on_at, self._left_on_at = self._left_on_at, None
        if halted:
            return self._slate("halted", gettext("Everything is stopped."))
        if self.broadcast.is_closed(OutsideHours.SLATE, at):
            words = closed_sentence(self.network.hours, at)
            return self._slate(f"closed {words}", words)
        if self._current and self._until and at < self._until and self._stays(self._current):
            return self._current
        if (found := self._live(at)) is not None:
            self._queue = []
            return found
        return self._left_on(left_on_at, at) or self._archived(at)

    # A run that is under way

    def _stays(self, current: OnAir) -> bool:
        """What is from the archive makes room for a run at once."""
        if current.state is StreamState.LIVE:
            return True
        film = current.film
        may_be_seen = (
            film is None or Film.objects.replayed_in(self.network.pk).filter(pk=film).exists()
        )
        return may_be_seen and not self.network.runs.live().exists()

    def _live(self, at: datetime) -> OnAir | None:
        run = Run.objects.filter(network=self.network, ended_at__isnull=True, state__in=LIVE_RUNS)
        present = run.present().values("pk")[:1]
        done = Invocation.objects.filter(run=present, state=InvocationState.COMPLETED)
        steps = done.select_related("run", *ASSETS).order_by("-sequence")[:NEWEST]
        for step in steps:
            if (found := self._shown(step, StreamState.LIVE)) is not None:
                return self._keep(found, at, CHANGE_SECONDS)
        if steps:
            return self._slate("waiting", gettext("One moment, please."))
        begun = self.network.runs.live().present().first()
        if begun is None:
            return None
        return self._slate(begun.public_id, f"“{shorten(begun.prompt, 300)}”")

    # The archive

    def _archived(self, at: datetime) -> OnAir:
        if not self.network.replay:
            return self._slate("idle", gettext("Nothing is running."))
        for _ in range(
            3
        ):  # what is left of one run, then another one or a film, which may be in quarantine
            while self._queue:
                step = self._next_step()
                if step and (found := self._shown(step, StreamState.ARCHIVE)):
                    return self._keep(found, at, _seconds_of(step))
            if (film := self._begin_next(at)) and (found := self._shown_film(film)):
                return self._keep(found, at, _seconds_of_film(film))
        return self._slate("empty", gettext("Nothing has gone round here yet."))

    def _next_step(self) -> Invocation | None:
        """None where it is gone, or its visitor took the run back."""
        done = Invocation.objects.filter(
            state=InvocationState.COMPLETED, run__withdrawn_at__isnull=True
        )
        return done.select_related("run", *ASSETS).filter(pk=self._queue.pop(0)).first()

    def _begin_next(self, at: datetime) -> Film | None:
        """A film; or its steps are in the queue, and it is a run."""
        after = self.broadcast.last_run_id, self._last_film
        found = next_item(self.network, after=after)
        if isinstance(found, Film):
            FilmPlays.count(found.pk, at=at)
            self._last_film = found.pk
            self.broadcast.note_run(None)
            return found
        if found is not None:
            RunPlays.count(found.pk, at=at)
            self._last_film = None
            self.broadcast.note_run(found.pk)
            steps = found.invocations.filter(state=InvocationState.COMPLETED).in_order()
            self._queue = list(steps.values_list("pk", flat=True)[:MAX_STEPS])
        return None

    def _left_on(self, since: datetime | None, at: datetime) -> OnAir | None:
        """The film in whose midst the host before this one ended, where it would be by now."""
        left_on = self._last_film
        if since is None or left_on is None or not since <= at or not self.network.replay:
            return None
        films = Film.objects.replayed_in(self.network.pk).select_related("output")
        film = films.filter(pk=left_on).first()
        left = _seconds_of_film(film) - (at - since).total_seconds() if film else 0.0
        if film is None or left < CHANGE_SECONDS or not (found := self._shown_film(film)):
            return None
        picture = replace(found.picture, began=nearest_frame(since.timestamp()))
        return self._keep(replace(found, picture=picture), at, left)

    def _shown_film(self, film: Film) -> OnAir | None:
        if film.output is None or key_of_film(film) in self._quarantine:
            return None
        try:
            self._films_shown += 1
            picture = picture_of_film(film, self.network, self._files, self._films_shown)
        except (OSError, StorageUnavailable) as error:
            logger.warning("the film %s cannot be shown: %s", film.public_id, error)
            return None
        return OnAir(picture, StreamState.ARCHIVE, film=film.pk)

    # Both

    def _shown(self, step: Invocation, state: StreamState) -> OnAir | None:
        key = key_of(step)
        if key in self._quarantine:
            return None
        if self._current and self._current.picture.key == key:
            return replace(self._current, state=state)
        try:
            picture = picture_of_step(step, self.network, self._files)
            picture = replace(picture, bed=self._bed_of(step, picture))
        except (OSError, StorageUnavailable) as error:
            logger.warning("the output of step %s cannot be shown: %s", step.public_id, error)
            return None
        return OnAir(picture, state, step.pk)

    def _bed_of(self, step: Invocation, picture: Picture) -> str:
        if self.broadcast.bed == BedKind.FOLDER:
            return str(settings.STREAM_MUSIC_DIR)
        if self.broadcast.bed == BedKind.SILENCE:
            return ""
        run, sound = self._bed
        if step.output_asset and step.output_asset.kind == MediaKind.AUDIO:
            self._bed = (step.run_id, self._files.sound_of(step.output_asset))
            return ""  # it is heard itself
        return self._files.keep(sound) if run == step.run_id and sound else ""

    def _keep(self, found: OnAir, at: datetime, seconds: float) -> OnAir:
        """A live output does not stay longer than it has to; of the archive the same one may come again."""
        archived = found.state is StreamState.ARCHIVE
        if archived or self._current is None or found.picture.key != self._current.picture.key:
            self._until = at + timedelta(seconds=seconds)
        self._current = found
        return found

    def _slate(self, key: str, words: str) -> OnAir:
        bed = str(settings.STREAM_MUSIC_DIR) if self.broadcast.bed == BedKind.FOLDER else ""
        self._current, self._until = (
            OnAir(replace(slate(self.network, key, words), bed=bed), StreamState.SLATE),
            None,
        )
        return self._current


def _seconds_of_film(film: Film) -> float:
    """To its end."""
    lasts = (film.output.seconds or 0.0) if film.output else 0.0
    return max(CHANGE_SECONDS, lasts)


def _seconds_of(step: Invocation) -> float:
    lasts = (step.output_asset.seconds or 0.0) if step.output_asset else 0.0
    return max(SHOWN_SECONDS, min(MAX_SHOWN_SECONDS, lasts))
