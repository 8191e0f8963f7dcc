from __future__ import annotations

from django.apps import AppConfig


class PanicConfig(AppConfig):
    name = "panic"

    def ready(self) -> None:
        """Hand the lower layers what only those above them know."""
        from displays import presence, receipts
        from invocations.above import above

        above.audience = presence.audience
        above.shown_on = receipts.shown_on
