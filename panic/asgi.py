"""The web process: HTTP and WebSocket."""

from __future__ import annotations

import os
from typing import Any, cast

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
django.setup(set_prefix=False)  # the prefix is that of each request

from accounts.models import ApiToken  # noqa: E402  after Django is set up
from assets.backpressure import Backpressure  # noqa: E402
from displays import background, receipts, reports  # noqa: E402
from displays.attendant_feed import AttendantFeed  # noqa: E402
from displays.feeds import DisplayFeed, WallFeed  # noqa: E402
from displays.miniatures import InstallationFeed  # noqa: E402
from farm.feeds import FarmFeed, FarmWorkerFeed  # noqa: E402
from farm.log_feed import WorkLogFeed  # noqa: E402
from farm.long_poll import LongPoll  # noqa: E402
from films.feeds import FilmFeed, FilmsFeed, RunFeed  # noqa: E402
from lib.proxies import TrustedProxies  # noqa: E402
from panic.body_limits import install_limited_request  # noqa: E402
from panic.health import Liveness  # noqa: E402
from panic.request_threads import RequestHandler  # noqa: E402
from realtime import hub  # noqa: E402
from realtime.access import SocketBearerAuth, SocketSessionAuth  # noqa: E402
from realtime.consumers import WatchConsumer  # noqa: E402
from realtime.feeds import Denied, Feed, Scope  # noqa: E402
from realtime.protocol import install_daphne_protocol  # noqa: E402
from studio.feeds import NetworkFeed  # noqa: E402
from studio.mission_control import MissionControlFeed  # noqa: E402

hub.add_background_task(background.run_background_task)
hub.on_ack(receipts.note_acknowledgement)
hub.on_ack(reports.note_acknowledgement)
hub.on_status(reports.note_status)
install_limited_request()
install_daphne_protocol()  # here and not in an AppConfig: workers need no Twisted


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
        _watched(r"^ws/networks/(?P<slug>[-\w]+)/attendant/$", AttendantFeed),
        _watched(r"^ws/i/(?P<installation>\w+)/(?P<display>[-\w]+)/$", DisplayFeed),
        _watched(r"^ws/installations/(?P<installation>\w+)/$", InstallationFeed),
        _watched(r"^ws/mission-control/$", MissionControlFeed),
        _watched(r"^ws/films/$", FilmsFeed),
        _watched(r"^ws/films/(?P<film>\w+)/$", FilmFeed),
        _watched(r"^ws/runs/(?P<run>\w+)/$", RunFeed),
        _watched(r"^ws/farm/$", FarmFeed),
        _watched(r"^ws/farm/logs/(?P<step>\w+)/$", WorkLogFeed),
        _watched(r"^ws/farm/(?P<worker>\w+)/$", FarmWorkerFeed),
        _watched(r"", Nowhere),
    ]
)

_routes = ProtocolTypeRouter(
    {
        "http": Backpressure(LongPoll(RequestHandler())),
        "websocket": SocketSessionAuth(SocketBearerAuth(_sockets, ApiToken.user_from_text)),
    }
)
application = Liveness(
    cast(
        Any,
        TrustedProxies(_routes, settings.TRUSTED_PROXIES, settings.PUBLIC_URL, settings.RUN_DIR),
    )
)
