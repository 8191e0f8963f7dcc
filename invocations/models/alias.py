"""A step's short address, for TV remotes. It leads to the step and opens nothing by itself."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse

from accounts.public_ids import ALPHABET

from .invocation import Invocation

SIGN = "s"  # what tells these codes from those of displays, which are shorter too
LENGTH = 6


def new_step_code() -> str:
    return SIGN + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


class StepAlias(models.Model):
    """`/r/<code>`; made when somebody asks for it."""

    code = models.CharField(max_length=12, unique=True, default=new_step_code, editable=False)
    step = models.OneToOneField(Invocation, on_delete=models.CASCADE, related_name="alias")

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("short", args=[self.code])

    # Factories

    @classmethod
    def of(cls, step: Invocation) -> StepAlias:
        """The step's own; made if it has none."""
        return cls.objects.get_or_create(step=step)[0]

    # Queries

    @classmethod
    def step_of(cls, code: str) -> Invocation | None:
        """The step that this code stands for, however it was typed."""
        found = cls.objects.select_related("step").filter(code=code.lower()).first()
        return found.step if found else None
