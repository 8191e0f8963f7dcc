"""What can happen to an installation, as events of its topic. Listed in docs/events.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime import log

if TYPE_CHECKING:
    from .models import Installation

CHANGED = "installation.changed"
IDENTIFIED = "display.identified"
TYPES = frozenset({CHANGED, IDENTIFIED})


def changed(installation: Installation) -> None:
    """Within the transaction that changed it: its network, or any of its displays."""
    log.append(installation.topic, CHANGED, {"installation": installation.public_id})


def identified(installation: Installation, display: str | None) -> None:
    """Somebody wants to see which screen is which; None = all of them."""
    data = {"installation": installation.public_id, "display": display}
    log.append(installation.topic, IDENTIFIED, data)
