"""What is being made of a ring, kept apart from the ring that runs until it is saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import User

from .edits import History, Ring, Step
from .rings import Slot

if TYPE_CHECKING:
    from .models import Network

CHANGED_ELSEWHERE = "change made outside the editor"


class Moved(Exception):
    """Somebody else, or another window, has changed the draft since it was looked at."""


class Draft(models.Model):
    """A network's ring as it stands in the editor, for everybody who edits it. The row stays when
    it is saved or discarded, so that its version only ever grows."""

    network = models.OneToOneField(
        "networks.Network", on_delete=models.CASCADE, related_name="draft"
    )
    slots = models.JSONField(default=list)
    base = models.JSONField(default=list)  # the saved ring that it was made from
    past = models.JSONField(default=list)
    future = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=0)
    last_key = models.CharField(max_length=40, blank=True)  # of the newest change
    edited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"draft {self.version} of {self.network}"

    # Factories

    @classmethod
    def of(cls, network: Network) -> Draft:
        """The draft of this network, or a fresh one that is not in the database yet. One without
        changes of its own follows the saved ring."""
        saved = [slot.as_json() for slot in network.ring]
        draft = cls.objects.select_related("edited_by").filter(network=network).first()
        if draft is None:
            return cls(network=network, slots=saved, base=saved)
        draft.network = network
        if draft.slots == draft.base != saved:
            history = draft.history.then(_ring(saved), CHANGED_ELSEWHERE)
            draft._take(history)
            draft.base = saved
        return draft

    # Mutators

    def keep(
        self, history: History, *, base: Ring | None = None, by: User, key: str, at: datetime
    ) -> None:
        """Write down the next version; raises Moved where somebody else was quicker."""
        before = self.version
        self._take(history)
        if base is not None:
            self.base = [slot.as_json() for slot in base]
        self.version, self.last_key = before + 1, key
        self.edited_by, self.edited_at = by, at
        if self._state.adding:
            return self._insert()
        values = {name: getattr(self, name) for name in WRITTEN}
        if not Draft.objects.filter(pk=self.pk, version=before).update(**values):
            raise Moved
        return None

    def _insert(self) -> None:
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError:
            raise Moved from None

    def _take(self, history: History) -> None:
        self.slots = [slot.as_json() for slot in history.ring]
        self.past = [step.as_json() for step in history.past]
        self.future = [step.as_json() for step in history.future]

    # Properties

    @property
    def ring(self) -> Ring:
        return _ring(self.slots)

    @property
    def history(self) -> History:
        return History(
            self.ring,
            tuple(map(Step.from_json, self.past)),
            tuple(map(Step.from_json, self.future)),
        )

    @property
    def dirty(self) -> bool:
        """Whether it differs from the ring that is saved."""
        return list(self.ring) != self.network.ring

    @property
    def outrun(self) -> bool:
        """Whether the saved ring was changed elsewhere after this draft was begun."""
        return self.dirty and list(_ring(self.base)) != self.network.ring

    @property
    def mark(self) -> str:
        """Names what is to be seen now: a change says which mark it was made before."""
        seen = json.dumps([self.slots, self.base], sort_keys=True).encode()
        return f"{self.version}-{blake2s(seen, digest_size=4).hexdigest()}"


WRITTEN = (
    *("slots", "base", "past", "future", "version"),
    *("last_key", "edited_by", "edited_at"),
)


def _ring(slots: Sequence[dict[str, Any]]) -> Ring:
    return tuple(map(Slot.from_json, slots))
