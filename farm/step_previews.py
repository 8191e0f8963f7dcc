"""The preview of a step, as the tile in the control room shows it."""

from __future__ import annotations

from django.urls import reverse

from invocations.models import Attempt, Invocation

from . import preview_store
from .events import log_key


def preview_of_step(step: Invocation) -> str:
    """The address of the newest one of the try that goes on; empty without one. One query; none where it
    is no step of the farm."""
    if not step.model.startswith("farm:"):
        return ""
    token = Attempt.objects.live().filter(invocation=step).values_list("token", flat=True).first()
    version = preview_store.version(log_key(token)) if token else ""
    return f"{reverse('farm-preview', args=[step.public_id])}?{version}" if version else ""
