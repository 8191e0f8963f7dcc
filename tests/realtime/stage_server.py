"""A web process with nothing but a live page: `daphne tests.realtime.stage_server:application`.

`/` is the page, `/happen?from=1&to=9` appends events, `/ws/stage/` is the socket.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
django.setup()

from channels.db import database_sync_to_async  # noqa: E402  after Django is set up
from channels.routing import ProtocolTypeRouter  # noqa: E402

from realtime.auth import BearerAuth, SessionAuth  # noqa: E402
from realtime.consumers import WatchConsumer  # noqa: E402
from realtime.wire import teach_daphne  # noqa: E402

from .stage import StageFeed, happen  # noqa: E402

LIVE = Path(__file__).resolve().parents[2] / "static" / "js" / "live"
PAGE = """<!doctype html><title>Stage</title><body data-live="/ws/stage/"><p id=now></p>
<script>seen = []; document.addEventListener("panic:event", ({detail}) => seen.push(detail.data.n));
</script><script type="module" src="/live/start.js"></script>"""


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    status, kind, body = 200, b"text/html", PAGE
    if scope["path"].startswith("/live/"):
        kind, body = b"text/javascript", (LIVE / scope["path"][6:]).read_text()
    elif scope["path"] == "/happen":
        query = parse_qs(scope["query_string"].decode())
        body = await _happen(int(query["from"][0]), int(query["to"][0]))
    elif scope["path"] != "/":
        status, body = 404, ""
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


@database_sync_to_async
def _happen(first: int, last: int) -> str:
    return [str(happen(n)) for n in range(first, last + 1)][-1]


socket = BearerAuth(WatchConsumer.as_asgi(feed=StageFeed), resolve=lambda plain: None)
application = ProtocolTypeRouter({"http": http, "websocket": SessionAuth(socket)})
StageFeed.reset()
teach_daphne()
