from __future__ import annotations

from django.apps import AppConfig


class PlatformsConfig(AppConfig):
    name = "platforms"

    def ready(self) -> None:
        from . import checks  # noqa: F401  # importing registers
        from .registry import load_adapters

        load_adapters()
