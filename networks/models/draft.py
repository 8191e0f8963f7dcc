"""The draft of a ring in the editor, kept apart from the ring that runs until it is saved."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from networks.editor.edits import EditDescription, EditStep, History, Ring
from networks.rings import Slot

if TYPE_CHECKING:
    from .network import Network

CHANGED_ELSEWHERE = EditDescription(gettext_noop("change made outside the editor"))


class DraftConflict(Exception):
    """The draft was changed since it was looked at, by somebody else or in another window."""


class Draft(models.Model):
    """A network's ring as it is in the editor, for everybody who edits it. The row stays when
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
    def for_network(cls, network: Network) -> Draft:
        """The draft of this network, or a fresh one that is not in the database yet. One without
        changes of its own follows the saved ring."""
        saved = [slot.as_json() for slot in network.ring]
        draft = cls.objects.select_related("edited_by").filter(network=network).first()
        if draft is None:
            return cls(network=network, slots=saved, base=saved)
        draft.network = network
        if draft.slots == draft.base != saved:
            history = draft.history.changed_to(_ring(saved), CHANGED_ELSEWHERE)
            draft._set_history(history)
            draft.base = saved
        return draft

    # Mutators

    def store(
        self, history: History, *, base: Ring | None = None, by: User, key: str, at: datetime
    ) -> None:
        """Store the next version; raises DraftConflict where somebody else was quicker."""
        before = self.version
        self._set_history(history)
        if base is not None:
            self.base = [slot.as_json() for slot in base]
        self.version, self.last_key = before + 1, key
        self.edited_by, self.edited_at = by, at
        try:
            with transaction.atomic():
                if self._state.adding:
                    return self.save(force_insert=True)
                found = Draft.objects.filter(pk=self.pk, version=before)
                if found.update(**{name: getattr(self, name) for name in STORED_FIELDS}):
                    return None
        except IntegrityError:  # somebody else made the first version
            pass
        raise DraftConflict

    def _set_history(self, history: History) -> None:
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
            tuple(map(EditStep.from_json, self.past)),
            tuple(map(EditStep.from_json, self.future)),
        )

    @property
    def has_changes(self) -> bool:
        """Whether it differs from the ring that is saved."""
        return list(self.ring) != self.network.ring

    @property
    def is_outdated(self) -> bool:
        """Whether the saved ring was changed elsewhere after this draft was begun."""
        return self.has_changes and list(_ring(self.base)) != self.network.ring

    @property
    def etag(self) -> str:
        """Identifies this state: a command says for which one it was made."""
        seen = json.dumps([self.slots, self.base], sort_keys=True).encode()
        return f"{self.version}-{blake2s(seen, digest_size=4).hexdigest()}"


STORED_FIELDS = ["slots", "base", "past", "future", "version", "last_key", "edited_by", "edited_at"]


def _ring(slots: Sequence[dict[str, Any]]) -> Ring:
    return tuple(map(Slot.from_json, slots))
