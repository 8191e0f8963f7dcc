"""Every attempt uses an idempotency key of its own."""

from __future__ import annotations

import uuid
from types import ModuleType

TARGET = "invocations.models.invocation"


def apply(module: ModuleType) -> None:
    module.Invocation.idempotency_key = property(
        lambda self: f"{self.public_id}-{uuid.uuid4().hex[:8]}"
    )
