"""A step's short address, for TV remotes. It leads to the step and grants no access by itself."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse

from invocations.models import Invocation
from lib.public_ids import ALPHABET

PREFIX = "s"  # distinguishes these codes from those of displays, which are shorter too
CODE_LENGTH = 6


def new_step_code() -> str:
    return PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


class ShortAddress(models.Model):
    """`/r/<code>`, which redirects to a step; made when somebody asks for it."""

    code = models.CharField(max_length=12, unique=True, default=new_step_code, editable=False)
    step = models.OneToOneField(Invocation, on_delete=models.CASCADE, related_name="short_address")

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        return reverse("short", args=[self.code])

    # Factories

    @classmethod
    def get_or_create_for(cls, step: Invocation) -> ShortAddress:
        return cls.objects.get_or_create(step=step)[0]

    # Queries

    @classmethod
    def find_step(cls, code: str) -> Invocation | None:
        """The step with this code, in upper or lower case."""
        found = cls.objects.select_related("step").filter(code=code.lower()).first()
        return found.step if found else None
