from __future__ import annotations

from .channel import Channel, PendingMessage
from .condition import Condition
from .delivery import Delivery, DeliveryReport, DeliveryState
from .notification import Notification

__all__ = [
    "Channel",
    "Condition",
    "Delivery",
    "DeliveryReport",
    "DeliveryState",
    "Notification",
    "PendingMessage",
]
