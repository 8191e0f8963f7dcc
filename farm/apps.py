from __future__ import annotations

from django.apps import AppConfig


class FarmConfig(AppConfig):
    name = "farm"

    def ready(self) -> None:
        from platforms import farm_models

        from .catalogue import known_models

        farm_models.read_from(known_models)
