"""A patch: Django's clock, shifted by the seconds in a file of the data folder."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

TARGET = "django.utils.timezone"
FILE = "clock-shift"


def apply(module: ModuleType) -> None:
    real = module.now
    path = Path(os.environ["PANIC_DATA_DIR"]) / FILE

    def now() -> datetime:
        try:
            shift = float(path.read_text() or 0)
        except OSError:
            shift = 0.0
        moment: datetime = real() + timedelta(seconds=shift)
        return moment

    module.now = now  # type: ignore[attr-defined]
