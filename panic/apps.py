from __future__ import annotations

from django.apps import AppConfig


class PanicConfig(AppConfig):
    name = "panic"
