"""The web process: HTTP and WebSocket."""

from __future__ import annotations

import os
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
_django = get_asgi_application()

from accounts.models import ApiToken  # noqa: E402  after Django is set up
from assets.backpressure import Backpressure  # noqa: E402
from displays import keeper, receipts  # noqa: E402
from displays.feeds import DisplayFeed  # noqa: E402
from displays.wall_feed import WallFeed  # noqa: E402
from invocations.feeds import MissionControlFeed, NetworkFeed  # noqa: E402
from panic.health import Liveness  # noqa: E402
from realtime import hub  # noqa: E402
from realtime.auth import BearerAuth, SessionAuth  # noqa: E402
from realtime.consumers import WatchConsumer  # noqa: E402
from realtime.feeds import Denied, Feed, Scope  # noqa: E402
from realtime.wire import teach_daphne  # noqa: E402

hub.accompany(keeper.keep)
hub.on_ack(receipts.acknowledged)
teach_daphne()  # here and not in an AppConfig: workers need no Twisted


class Nowhere(Feed):
    """Any other address: accepted, so that the browser learns the code, and closed with 4404."""

    @classmethod
    async def open(cls, scope: Scope) -> Nowhere:
        raise Denied(4404)

    def snapshot(self) -> dict[str, str]:
        return {}

    def render(self, event: object) -> None:
        return None


def _watched(pattern: str, feed: type[Feed]) -> Any:
    """Channels routes to applications what Django's `path` is typed to route to views."""
    return re_path(pattern, cast(Any, WatchConsumer.as_asgi(feed=feed)))


_sockets = URLRouter(
    [
        _watched(r"^ws/networks/(?P<slug>[-\w]+)/$", NetworkFeed),
        _watched(r"^ws/networks/(?P<slug>[-\w]+)/wall/$", WallFeed),
        _watched(r"^ws/i/(?P<installation>\w+)/(?P<display>[-\w]+)/$", DisplayFeed),
        _watched(r"^ws/mission-control/$", MissionControlFeed),
        _watched(r"", Nowhere),
    ]
)

application = Liveness(
    ProtocolTypeRouter(
        {
            "http": Backpressure(_django),
            "websocket": SessionAuth(BearerAuth(_sockets, ApiToken.user_of)),
        }
    )
)
