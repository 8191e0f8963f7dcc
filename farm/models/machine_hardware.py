"""The hardware of a machine, as its worker told it when it signed on: kept for the attempts that ran on it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from farm.machine_reports import hardware_of


class MachineHardware(models.Model):
    """Written once and never changed; one row for all workers and attempts of equal hardware."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    specs = models.JSONField()

    def __str__(self) -> str:
        return self.digest

    # Factories

    @classmethod
    def told_by(cls, specs: Mapping[str, Any]) -> MachineHardware | None:
        """The row of what these specs say of hardware; None where they say nothing. It is held until the transaction ends,
        so that nobody removes it as unused meanwhile."""
        told = hardware_of(specs)
        if not told:
            return None
        text = json.dumps(told, sort_keys=True)
        found, _ = cls.objects.select_for_update().get_or_create(
            digest=hashlib.sha256(text.encode()).hexdigest(), defaults={"specs": told}
        )
        return found

    # Mutators

    @classmethod
    def remove_unused(cls, pk: int) -> None:
        """Where neither a worker nor an attempt is of it: a worker may say something else each time it signs on."""
        mine = OuterRef("pk")
        used = [
            Exists(relation.related_model._default_manager.filter(hardware=mine))
            for relation in cls._meta.related_objects
        ]
        unused = cls.objects.select_for_update(skip_locked=True).filter(*(~one for one in used))
        found = unused.filter(pk=pk).first()
        if found:
            found.delete()
