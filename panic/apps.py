from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class PanicConfig(AppConfig):
    name = "panic"

    def ready(self) -> None:
        """Hand the lower layers what only those above them know."""
        from accounts.above import above as of_accounts
        from displays import presence, receipts
        from displays.models import Board
        from invocations import forecasts
        from invocations.above import above
        from invocations.engine import errands
        from networks import upkeep
        from networks.above import above as of_networks
        from panic import holdings, reporting
        from platforms.keyring import keys_to_try
        from platforms.models import Credential, HouseKey, Server

        reporting.begin(settings.SENTRY_DSN)
        above.audience = presence.audience
        above.shown_on = receipts.shown_on
        of_accounts.joined = upkeep.welcome
        of_networks.live_among = holdings.live_among
        of_networks.viewers_of = presence.of_networks
        of_networks.forecast = forecasts.forecast
        of_networks.holdings = holdings.of
        of_networks.delete = holdings.delete
        of_networks.archive = holdings.archive
        errands.hand_in(
            "invocations.tasks.look_at_server",
            lambda at: list(Server.objects.to_look_at(at).values_list("pk", flat=True)[:16]),
        )
        errands.hand_in("invocations.tasks.try_key", lambda at: keys_to_try(Credential, at))
        errands.hand_in("invocations.tasks.try_house_key", lambda at: keys_to_try(HouseKey, at))
        errands.hand_in(
            "displays.tasks.send_to_board",
            lambda at: list(Board.objects.due(at).values_list("pk", flat=True)[:16]),
        )
