"""Installations, their displays and boards, and the screens that wait to be claimed."""

from __future__ import annotations

from .board import Board
from .installation import (
    CODE_LENGTH,
    Display,
    DisplayKind,
    DisplayReceipt,
    Installation,
    InstallationQuerySet,
    Kiosk,
    QrCorner,
    QrTarget,
    ViewerCount,
    new_code,
)
from .privacy_notice import PrivacyNotice
from .report import DisplayReport

__all__ = [
    "CODE_LENGTH",
    "Board",
    "Display",
    "DisplayKind",
    "DisplayReceipt",
    "DisplayReport",
    "Installation",
    "InstallationQuerySet",
    "Kiosk",
    "PrivacyNotice",
    "QrCorner",
    "QrTarget",
    "ViewerCount",
    "new_code",
]
