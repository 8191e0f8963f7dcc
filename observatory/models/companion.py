"""A private copy of a network on which the observatory runs what would get in the way on the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext

from networks.models import Network

if TYPE_CHECKING:
    from networks.rings import Slot


class Purpose(models.TextChoices):
    TWIN = "twin"
    VARIANT = "variant"
    REDRAW = "redraw"


class Companion(models.Model):
    """`copy` belongs to the owner of `network`, appears in their lists, and has its rules and budgets."""

    network = models.ForeignKey(Network, on_delete=models.CASCADE, related_name="companions")
    purpose = models.CharField(max_length=7, choices=Purpose.choices)
    copy = models.OneToOneField(Network, on_delete=models.CASCADE, related_name="companion_of")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "purpose"], name="companion_of_network")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.network}"

    @classmethod
    def get_or_make(cls, network: Network, purpose: Purpose) -> Companion:
        """Within a transaction that keeps two of these apart."""
        from networks import changes  # pydantic: not for the processes of the queue

        found = cls.objects.select_related("copy__owner").filter(network=network, purpose=purpose)
        if (companion := found.first()) is not None:
            return companion
        name = {
            Purpose.TWIN: gettext("Twin of %(name)s"),
            Purpose.VARIANT: gettext("Variant of %(name)s"),
            Purpose.REDRAW: gettext("Redrawing for %(name)s"),
        }[purpose] % {"name": network.name}
        copy = changes.duplicate(network=network, owner=network.owner, name=name[:100])
        return cls.objects.create(network=network, purpose=purpose, copy=copy)

    def set_up(self, slots: list[Slot], **fields: object) -> Network:
        """Have the copy run on these slots, at once and without lockout."""
        changed = {
            "slots": [slot.as_json() for slot in slots],
            "lockout_seconds": 0,
            "refusal_policy": self.network.refusal_policy,
            "archived_at": None,
            **fields,
        }
        Network.objects.filter(pk=self.copy_id).update(**changed)
        self.copy.refresh_from_db()
        return self.copy
